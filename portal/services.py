"""The deeds of signing in: asking for a link, using it once, what the trail says of it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.context import ActorType, identify
from audit.models import AuditEvent
from audit.services import record
from portal.models import LIFETIME, SignInLink
from portal.words import say
from tenants.models import Employee, Tenant
from terms.services.acceptances import network_of
from work.mail import post
from work.models import CONFIDENTIAL

# How somebody signs in, as the trail has it.
LINK, PROVIDER = "link", "provider"
AN_HOUR = timedelta(hours=1)
LINKS_EACH_EMPLOYEE = 5
# A whole company asks from one network on the day that new terms are published.
LINKS_EACH_NETWORK = 600
# People who share one mailbox.
MOST_OF_ONE_ADDRESS = 5


class TooMany(Exception):
    """A network asked for too many links in an hour."""


@transaction.atomic
def ask_for_link(*, tenant: Tenant, address: str, asked_from: str, language: str, page: str) -> None:
    """Send a link to whoever has this e-mail address or user name; nothing tells the caller whether somebody has.

    asked_from: the IP address. page: the address that the link's secret is put at the end of. Raises TooMany.
    """
    network = network_of(asked_from)
    recent = SignInLink.objects.across_tenants().filter(created_at__gt=timezone.now() - AN_HOUR)
    if recent.filter(network=network).count() >= LINKS_EACH_NETWORK:
        raise TooMany
    found = _people_at(tenant, address.strip())
    for employee in found:
        if recent.filter(employee=employee).count() < LINKS_EACH_EMPLOYEE:
            _send(employee, network, language, page)
    if not found:
        _new_link(tenant, None, network)
        _note(tenant, None, AuditEvent.Result.FAILURE)


def _people_at(tenant: Tenant, address: str) -> list[Employee]:
    if not address or "\x00" in address:
        return []
    active = Employee.objects.for_tenant(tenant).filter(status=Employee.Status.ACTIVE)
    named = Q(user_principal_name__iexact=address) | Q(mail__iexact=address)
    return [person for person in active.filter(named)[:MOST_OF_ONE_ADDRESS] if person.address]


def _new_link(tenant: Tenant, employee: Employee | None, network: str) -> tuple[SignInLink, str]:
    now, secret = timezone.now(), SignInLink.new_secret()
    link = SignInLink.objects.for_tenant(tenant).create(
        tenant=tenant,
        employee=employee,
        digest=SignInLink.digest_of(secret),
        network=network,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    return link, secret


def _send(employee: Employee, network: str, language: str, page: str) -> None:
    tenant = employee.tenant
    link, secret = _new_link(tenant, employee, network)
    words = {
        "tenant": tenant.name,
        "name": employee.user_principal_name,
        "link": f"{page}{secret}/",
        "minutes": int(LIFETIME.total_seconds() // 60),
    }
    subject = " ".join(say(language, "mail_subject", **words).split())[:200]
    body = say(language, "mail_body", **words)
    post(
        tenant=tenant,
        to=employee.address,
        subject=subject,
        body=body,
        key=f"{CONFIDENTIAL}portal.link:{link.pk}",
    )
    _note(tenant, employee, AuditEvent.Result.SUCCESS)


def _note(tenant: Tenant, employee: Employee | None, result: str) -> None:
    """An event, which does not repeat what somebody typed who is unknown here."""
    record(
        "portal.link_requested",
        category="sign-in",
        tenant=tenant,
        resource=employee,
        resource_name=employee.directory_id if employee else "",
        result=result,
    )


def find_link(tenant: Tenant, secret: str) -> SignInLink | None:
    """The link of this secret, used or not; None where this tenant never sent it."""
    # The digest of 256 random bits is looked up as a whole: how long that takes tells nothing.
    links = SignInLink.objects.for_tenant(tenant).filter(
        digest=SignInLink.digest_of(secret), employee__isnull=False
    )
    found: SignInLink | None = links.select_related("employee", "tenant").first()
    return found


def sign_in(*, link: SignInLink) -> Employee | None:
    """Use the link up, and say who came; None where it was used, is too old, or its employee has left."""
    employee: Employee | None = link.employee
    if employee is None:
        return None
    now = timezone.now()
    unused = SignInLink.objects.for_tenant(link.tenant_id).filter(
        pk=link.pk, used_at=None, expires_at__gt=now
    )
    with transaction.atomic():
        # Of two clicks at once, one finds the row unused.
        is_in = employee.is_active and unused.update(used_at=now) == 1
        note_sign_in(link.tenant, employee, LINK, why="" if is_in else "used, too old, or left")
    return employee if is_in else None


def note_sign_in(tenant: Tenant, employee: Employee | None, method: str, *, why: str = "") -> None:
    """Record that somebody is in, or (`why`) that nobody is. From then on, whoever is in is the one who acts."""
    if employee is not None and not why:
        identify(**as_actor(employee))
    record(
        "sign_in.failed" if why else "sign_in.succeeded",
        category="sign-in",
        tenant=tenant,
        resource=employee,
        resource_name=employee.directory_id if employee else "",
        result=AuditEvent.Result.FAILURE if why else AuditEvent.Result.SUCCESS,
        details={"method": method} | ({"why": why} if why else {}),
    )


def note_sign_out(*, employee: Employee) -> None:
    record(
        "sign_in.ended",
        category="sign-in",
        tenant=employee.tenant_id,
        resource=employee,
        resource_name=employee.directory_id,
    )


def as_actor(employee: Employee) -> dict[str, str]:
    """The actor fields of a context; the name is the directory's id, which says nothing to those without it."""
    return {
        "actor_type": ActorType.USER,
        "actor_id": f"employee:{employee.pk}",
        "actor_name": employee.directory_id,
        "actor_role": "employee",
    }
