"""The pages of differences: their columns and their course, and the deed that resolves one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Model

from tenants.access import signed_in
from tenants.drift.base import BaseDrift
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, ReasonForm
from tenants.pages.parts import Badge, Panel, facts
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

TONES = {"open": "warn", "resolved": "good", "cleared": "plain"}
LABELS = {"Open": "warning", "Resolved": "success", "No longer found": "info"}


class ResolveForm(ReasonForm):
    resolution = forms.ChoiceField(
        label="How it was settled",
        help_text="What is accepted or was misread stays closed while nothing of it changes; what was put right and is "
        "found again is opened again.",
    )
    field_order = ("resolution", "reason")

    def prepare(self) -> None:
        choice: Any = self.fields["resolution"]
        choice.choices = self.subject.Resolution.choices


def resolving(
    resolve: Callable[..., Model], permission: Permission, untouched: str, panel: Callable[[Any], Panel]
) -> Deed:
    """The page that resolves a difference. untouched: what resolving does not change; panel: what differs."""
    return Deed(
        "resolve",
        "Resolve",
        permission,
        lambda request, drift, data: resolve(drift=drift, by=signed_in(request), **data),
        form=ResolveForm,
        is_offered=lambda drift: drift.is_open,
        consequences=lambda drift: [
            "The difference leaves the list of what waits. It stays in the record with how it was settled, and why.",
            untouched,
        ],
        panels=lambda request, drift: [panel(drift)],
        done="{subject} is resolved.",
        icon="task_alt",
        tone="primary",
    )


class DriftPages(TenantModelAdmin):
    """What the lists of all differences share."""

    ordering = ("-opened_at", "-id")

    @column(description="State", label=LABELS, ordering="status")
    def state(self, drift: BaseDrift) -> str:
        return drift.get_status_display()

    @column(description="Found", ordering="opened_at")
    def opened(self, drift: BaseDrift) -> str:
        return minute(drift.opened_at)


def state_badge(drift: BaseDrift) -> Badge:
    return Badge(drift.get_status_display(), TONES[drift.status])


def course_of(drift: Any, *found: tuple[str, Any]) -> Panel:
    """When it was found, in the words given, and how it ended."""
    closed = [drift.closed_at, f"by {drift.closed_by}"] if drift.closed_at else None
    about = [
        *found,
        ("Closed", closed),
        ("How it was settled", drift.get_resolution_display() if drift.resolution else None),
        ("Why", drift.reason),
    ]
    return Panel("Its course", facts(about))
