"""The deeds of being told: calendar feeds made and revoked, e-mail chosen. Each person decides for themselves."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.models import Tenant, User
from tenants.roles import Permission
from work.models import CalendarFeed, MailPreference

FEEDS_AT_MOST = 10


def _person(by: Principal) -> User:
    if not isinstance(by, User):
        raise Refused("people_only", "Only a person can be told: sign in as somebody.")
    return by


@transaction.atomic
def make_feed(*, tenant: Tenant, name: str, by: Principal) -> tuple[CalendarFeed, str]:
    """A calendar feed of one's own, and its secret: the only time that it can be seen.

    Raises PermissionDenied, ValidationError, and Refused where there are too many.
    """
    person = _person(by)
    require(by, Permission.VIEW_WORKLIST, tenant)
    open_ones = CalendarFeed.objects.for_tenant(tenant).filter(user=person, revoked_at__isnull=True)
    if open_ones.count() >= FEEDS_AT_MOST:
        raise Refused(
            "too_many_feeds", f"You have {FEEDS_AT_MOST} calendar feeds here. Revoke one that nothing reads."
        )
    secret = CalendarFeed.new_secret()
    feed = CalendarFeed(tenant=tenant, user=person, name=name.strip(), digest=CalendarFeed.digest_of(secret))
    feed.full_clean()
    with deed("calendar_feed.created", on=CalendarFeed, action=Action.CREATE):
        feed.save()
    return feed, secret


@transaction.atomic
def revoke_feed(*, feed: CalendarFeed, by: Principal) -> CalendarFeed:
    """Close one of one's own feeds for ever; an operator closes anybody's. Raises PermissionDenied, Refused."""
    require(by, Permission.VIEW_WORKLIST, feed.tenant)
    if feed.user != by and not by.is_operator:
        raise Refused("not_yours", "This calendar feed is somebody else's.")
    feed = CalendarFeed.objects.for_tenant(feed.tenant_id).select_for_update().get(pk=feed.pk)
    if feed.revoked_at is not None:
        raise Refused("revoked", "This calendar feed is revoked already.")
    feed.revoked_at = timezone.now()
    with deed("calendar_feed.revoked", on=CalendarFeed, action=Action.MANAGE):
        feed.save(update_fields=["revoked_at"])
    return feed


@transaction.atomic
def choose_mail(*, tenant: Tenant, digest: str, reminders: bool, by: Principal) -> MailPreference:
    """Say what one wants to be told by e-mail about a tenant. Raises PermissionDenied, ValidationError."""
    person = _person(by)
    require(by, Permission.VIEW_WORKLIST, tenant)
    rows = MailPreference.objects.for_tenant(tenant).select_for_update()
    wish = rows.filter(user=person).first() or MailPreference(tenant=tenant, user=person)
    wish.digest, wish.reminders = digest, reminders
    wish.full_clean()
    with deed("notifications.chosen", on=MailPreference, action=Action.UPDATE):
        wish.save()
    return wish
