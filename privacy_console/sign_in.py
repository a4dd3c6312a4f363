"""Signing in to the console, with an answer for those who have no role here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from unfold.forms import AdminOwnPasswordChangeForm as ThemedPasswordForm
from unfold.forms import AuthenticationForm

from tenants.sign_in import PAUSE, is_paused, note_failure

NO_ROLE = (
    "Your name and password are right, but your account has no role here. The console is for privacy officers, "
    "tenant admins and auditors: ask an admin of your organisation for a role. Employees use the portal."
)


class SignInForm(AuthenticationForm):
    """The theme's form. Raises ValidationError with NO_ROLE for an account that is no member of a tenant.

    After too many failures for a name it does not even look at the password for a while.
    """

    error_messages = {
        "invalid_login": "That user name and password do not fit together. Passwords are case-sensitive.",
        "inactive": "This account may not sign in any more.",
    }

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        if not getattr(user, "is_staff", False):
            raise ValidationError(NO_ROLE, code="no_role")

    def clean(self) -> dict[str, Any]:
        refuse_while_paused(self.cleaned_data.get("username", ""))
        cleaned: dict[str, Any] = super().clean()
        return cleaned


class OwnPasswordForm(ThemedPasswordForm):
    """A new password for oneself. Whoever tries the old one too often waits, as at the sign-in."""

    def clean_old_password(self) -> str:
        refuse_while_paused(self.user.username)
        try:
            password: str = super().clean_old_password()
        except ValidationError:
            note_failure(self.user.username)
            raise
        return password


def refuse_while_paused(name: str) -> None:
    """Raise ValidationError while there were too many failed attempts for this name."""
    if is_paused(name):
        minutes = int(PAUSE.total_seconds() // 60)
        raise ValidationError(
            f"Too many failed attempts for this name. Wait {minutes} minutes, then try again.", code="paused"
        )
