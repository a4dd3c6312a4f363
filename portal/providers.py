"""The deeds around a tenant's identity provider: setting it, and signing in by it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from audit.context import Action, deed
from portal.models import IdentityProvider
from portal.openid.attempt import Attempt
from portal.openid.fetching import Unreachable
from portal.openid.provider import CodeRefused, Configuration, authorization_address, configuration_of, redeem
from portal.openid.tokens import NotGenuine, claims_of
from portal.sealing import NotOpened
from portal.services import PROVIDER, note_sign_in
from tenants.access import Principal, require
from tenants.deeds import held, require_one_line, set_given
from tenants.directory import join_by_sign_in
from tenants.directory.reading import LANGUAGE
from tenants.models import Employee, Tenant
from tenants.roles import Permission

LONGEST_SECRET = 500
# What the provider calls a person's name at work, by what is tried first.
NAMES = ("upn", "preferred_username", "email")
CANCELLED = "access_denied"


class NotSignedIn(Exception):
    """Nobody is in. told: which sentence the person reads (`portal.views.entry.PROBLEMS`); why: for the trail."""

    def __init__(self, told: str, why: str) -> None:
        super().__init__(why)
        self.told, self.why = told, why


@transaction.atomic
def set_identity_provider(
    *,
    tenant: Tenant,
    by: Principal,
    issuer: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    scopes: str | None = None,
    claim: str | None = None,
    directory: UUID | str | None = None,
    joins: bool | None = None,
    is_on: bool | None = None,
    reason: str = "",
) -> IdentityProvider:
    """Set how the tenant's employees sign in; what is None stays as it is.

    client_secret: kept encrypted, and shown to nobody again; empty forgets it. directory: empty lets in people of every
    one. Raises ValidationError, PermissionDenied.
    """
    require(by, Permission.SET_SIGN_IN, tenant)
    # The tenant's row is the lock: the first two changes at once must not make two providers.
    held(tenant)
    provider = IdentityProvider.of(tenant)
    before = (provider.issuer, provider.client_id)
    texts = {"issuer": issuer, "client_id": client_id, "scopes": scopes, "claim": claim}
    changes = {name: text.strip() for name, text in texts.items() if text is not None}
    set_given(provider, **changes, joins=joins, is_on=is_on)
    if directory is not None:
        provider.directory = directory or None
    # The secret of one provider is not told to another.
    if client_secret is not None or (provider.issuer, provider.client_id) != before:
        provider.keep_secret(_checked_secret(client_secret or ""))
    require_one_line(client_id=provider.client_id, scopes=provider.scopes)
    provider.full_clean()
    with deed("identityprovider.changed", on=IdentityProvider, action=Action.UPDATE, reason=reason):
        provider.save()
    return provider


def _checked_secret(secret: str) -> str:
    plain = secret.strip()
    if len(plain) > LONGEST_SECRET or not (plain.isascii() and plain.isprintable()):
        raise ValidationError(
            {"client_secret": f"A client secret has at most {LONGEST_SECRET} letters, digits and signs."}
        )
    return plain


def return_address(tenant: Tenant) -> str:
    """The redirect URI to register at the provider. Where CONSOLE_URL says nothing, only its path is known."""
    path = reverse("portal:provider-back", kwargs={"tenant": tenant.slug})
    return f"{settings.CONSOLE_URL}{path}"


def provider_in_use(tenant: Tenant) -> IdentityProvider | None:
    provider = IdentityProvider.of(tenant)
    return provider if provider.is_on else None


def leave_for_provider(provider: IdentityProvider, attempt: Attempt, *, back: str, language: str) -> str:
    """The address at the provider where somebody signs in, and comes `back` from. Raises NotSignedIn."""
    configuration = _configuration(provider)
    return authorization_address(
        configuration,
        client_id=provider.client_id,
        redirect_uri=back,
        scope=provider.scopes,
        state=attempt.state,
        nonce=attempt.nonce,
        code_challenge=attempt.challenge,
        code_challenge_method="S256",
        ui_locales=language,
    )


def sign_in_by_provider(
    *, provider: IdentityProvider, attempt: Attempt | None, answer: dict[str, str], back: str
) -> Employee:
    """Who came back from the provider with this answer (the address's parameters). Raises NotSignedIn.

    Whatever comes of an attempt that was made here is in the trail.
    """
    if attempt is None:
        raise NotSignedIn("stale", "no attempt")
    try:
        employee = _employee_of(provider, _claims(provider, attempt, answer, back))
    except NotSignedIn as failure:
        note_sign_in(provider.tenant, None, PROVIDER, why=failure.why)
        raise
    if not employee.is_active:
        note_sign_in(provider.tenant, employee, PROVIDER, why="left")
        raise NotSignedIn("left", "left")
    note_sign_in(provider.tenant, employee, PROVIDER)
    return employee


def _configuration(provider: IdentityProvider) -> Configuration:
    try:
        return configuration_of(provider.issuer)
    except Unreachable as failure:
        raise NotSignedIn("unreachable", f"the provider {failure}") from failure


def _claims(
    provider: IdentityProvider, attempt: Attempt, answer: dict[str, str], back: str
) -> dict[str, Any]:
    if not attempt.is_answered_by(answer.get("state", "")):
        raise NotSignedIn("stale", "state")
    if attempt.issuer != provider.issuer:
        raise NotSignedIn("stale", "another provider by now")
    configuration = _configuration(provider)
    named = answer.get("iss")
    if named != provider.issuer and (named is not None or configuration.names_itself):
        raise NotSignedIn("refused", "answered by another issuer")
    if "error" in answer or "code" not in answer:
        is_cancelled = answer.get("error") == CANCELLED
        raise NotSignedIn("cancelled" if is_cancelled else "refused", "the provider let nobody in")
    return _claims_for(provider, configuration, attempt, answer["code"], back)


def _claims_for(
    provider: IdentityProvider, configuration: Configuration, attempt: Attempt, code: str, back: str
) -> dict[str, Any]:
    try:
        token = redeem(
            configuration,
            client_id=provider.client_id,
            secret=provider.secret,
            code=code,
            verifier=attempt.verifier,
            redirect_uri=back,
        )
        return claims_of(
            token,
            configuration,
            client_id=provider.client_id,
            nonce=attempt.nonce,
            directory=str(provider.directory or ""),
        )
    except Unreachable as failure:
        raise NotSignedIn("unreachable", f"the provider {failure}") from failure
    except CodeRefused as refusal:
        raise NotSignedIn("refused", f"code: {refusal}") from refusal
    except NotGenuine as forgery:
        raise NotSignedIn("refused", f"token: {forgery}") from forgery
    except NotOpened as error:
        raise NotSignedIn("unreachable", "the client secret does not open: give it again") from error


def _employee_of(provider: IdentityProvider, claims: dict[str, Any]) -> Employee:
    named = _text(claims, provider.claim)
    if provider.claim == IdentityProvider.Claim.EMAIL and claims.get("email_verified") is not True:
        raise NotSignedIn("unknown", "the e-mail address is not verified")
    if not named:
        raise NotSignedIn("unknown", f"no {provider.claim}")
    employee = _known(provider, named) or _newcomer(provider, named, claims)
    if employee is None:
        raise NotSignedIn("unknown", "not in the directory")
    return employee


def _known(provider: IdentityProvider, named: str) -> Employee | None:
    """The employee of this id or name. Of a name that several have had, the one who is still there."""
    employees = Employee.objects.for_tenant(provider.tenant).select_related("tenant")
    if provider.claim in IdentityProvider.IDS:
        found: Employee | None = employees.filter(directory_id=named).first()
        return found
    field = "mail" if provider.claim == IdentityProvider.Claim.EMAIL else "user_principal_name"
    people = list(employees.filter(**{f"{field}__iexact": named}).order_by("status", "id")[:2])
    if len(people) == 2 and people[1].is_active:
        raise NotSignedIn("unknown", "several people of that name")
    return people[0] if people else None


def _newcomer(provider: IdentityProvider, directory_id: str, claims: dict[str, Any]) -> Employee | None:
    if not provider.joins:
        return None
    language = _text(claims, "locale").replace("_", "-")
    return join_by_sign_in(
        tenant=provider.tenant,
        directory_id=directory_id,
        user_principal_name=next(filter(None, (_text(claims, name) for name in NAMES)), ""),
        display_name=_text(claims, "name"),
        mail=_text(claims, "email") if claims.get("email_verified") is True else "",
        language=language if LANGUAGE.match(language) else "",
    )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) and "\x00" not in value else ""
