"""The deeds of people's accounts: operators make them, correct them, close them and set first passwords."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from audit.context import Action, deed
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import set_given
from tenants.models import User
from tenants.roles import Permission


@transaction.atomic
def create_account(
    *,
    username: str,
    by: Principal,
    display_name: str = "",
    email: str = "",
    is_operator: bool = False,
    reason: str = "",
) -> User:
    """A new account, which cannot sign in until a password is set. Raises PermissionDenied, ValidationError."""
    require(by, Permission.MANAGE_TENANT)
    with deed("user.created", on=User, action=Action.CREATE, reason=reason):
        return User.objects.create_user(
            username, display_name=display_name, email=email, is_superuser=is_operator
        )


@transaction.atomic
def change_account(
    *,
    user: User,
    by: Principal,
    display_name: str | None = None,
    email: str | None = None,
    is_operator: bool | None = None,
    may_sign_in: bool | None = None,
    reason: str = "",
) -> User:
    """Correct an account, open or close it, make or unmake an operator; what is None stays.

    Raises Refused for the last operator who can sign in, PermissionDenied, ValidationError.
    """
    require(by, Permission.MANAGE_TENANT)
    user = User.objects.select_for_update().get(pk=user.pk)
    was_operator = user.is_operator
    wanted = {
        "display_name": display_name,
        "email": email,
        "is_superuser": is_operator,
        "is_active": may_sign_in,
    }
    set_given(user, **wanted)
    if was_operator and not user.is_operator:
        _keep_an_operator(user)
    user.full_clean(exclude=["password"])
    with deed("user.updated", on=User, action=Action.UPDATE, reason=reason):
        user.save(update_fields=list(wanted))
    return user


def _keep_an_operator(user: User) -> None:
    others = User.objects.select_for_update().filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if not list(others[:1]):
        raise Refused(
            "last_operator", "This is the last operator who can sign in. Make somebody else one first."
        )


@transaction.atomic
def set_password(*, user: User, password: str, by: Principal, reason: str = "") -> User:
    """Give an account a password; its open sessions end. Raises PermissionDenied, ValidationError (too weak)."""
    require(by, Permission.MANAGE_TENANT)
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise ValidationError({"password": weak.messages}) from weak
    user.set_password(password)
    with deed("user.password_set", on=User, action=Action.UPDATE, reason=reason):
        user.save(update_fields=["password"])
    return user
