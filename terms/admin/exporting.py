"""Taking the acceptance report of a policy away."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from audit.context import identify
from tenants.access import require, signed_in
from tenants.exports import Download
from tenants.pages.exporting import ExportForm, asked_for, export_page
from tenants.pages.parts import Link, Panel, Table, admin_url
from tenants.roles import Permission
from terms.exports import export_acceptances
from terms.models import TermsPolicy

INTRO = (
    "Everybody whom these terms are for and everybody who ever decided about them: where they stand, what they decided "
    "last, with its receipt, and how often they were reminded. The audit trail records who took the file, with its "
    "SHA-256."
)


def files_panels(request: HttpRequest, policy: TermsPolicy) -> list[Panel]:
    """The panel that offers the report, to whoever may take it."""
    if not signed_in(request).may(Permission.EXPORT, policy.tenant):
        return []
    rows = [
        [
            Link("Acceptance report", admin_url(policy, "export", policy.pk)),
            "Who accepted which words and who owes a decision, now or at an earlier moment: CSV, XLSX, JSON or PDF",
        ]
    ]
    return [Panel("Take it away", table=Table(("File", "For"), rows))]


def export_view(page: Any, request: HttpRequest, policy: TermsPolicy) -> HttpResponseBase:
    """The report: what to choose, or, once it is chosen, the file."""
    require(signed_in(request), Permission.EXPORT, policy.tenant)

    def take(chosen: dict[str, Any]) -> Download:
        identify(**signed_in(request).as_actor(policy.tenant))
        return export_acceptances(
            policy=policy,
            format_name=chosen["export_format"],
            by=signed_in(request),
            as_of=chosen["as_of"],
        )

    return export_page(
        page,
        request,
        ExportForm(asked_for(request)),
        take,
        subject=policy,
        title=f"Export the acceptances: {policy}",
        intro=INTRO,
        back_url=admin_url(policy, "change", policy.pk),
    )
