"""Access tokens that expire: `tenants` lies below the worklist, so what of it waits is declared here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tenants.models import AccessToken
from tenants.roles import Permission
from work.worklist import Item, Look, page_about, source

# A new token takes minutes, but whoever runs the machine has to be found.
NOTICE = timedelta(days=14)


@source("tokens.expiring", title="Access token expires", permission=Permission.VIEW_TOKENS)
def expiring_tokens(look: Look) -> Iterator[Item]:
    rows = AccessToken.objects.across_tenants().filter(
        tenant__in=look.tenants,
        revoked_at__isnull=True,
        expires_at__gt=look.at,
        expires_at__lte=look.at + NOTICE,
    )
    for token in look.nearest(rows.select_related("tenant", "created_by"), "expires_at", owner="created_by"):
        yield look.item(
            token,
            title=f"Token “{token.name}” expires",
            about="Whatever uses it will be refused",
            url=page_about(token),
            due=token.expires_at,
            owner=token.created_by,
        )
