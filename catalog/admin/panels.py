"""Panels that list flows: what goes which way, and what of it is personal data."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.models import (
    Flow,
)
from tenants.pages.parts import Badge, Panel, Table, link_to

TO_THIRD_PARTY = Flow.Direction.TO_THIRD_PARTY


def direction_badge(flow: Flow) -> Badge:
    return Badge("Out", "info") if flow.direction == TO_THIRD_PARTY else Badge("In", "plain")


def personal_badge(is_personal: bool) -> Badge | str:
    return Badge("Personal data", "warn") if is_personal else "No"


def flows_panel(title: str, flows: Sequence[Flow]) -> Panel:
    rows = [
        [
            direction_badge(f),
            link_to(f),
            link_to(f.service),
            link_to(f.service.third_party),
            personal_badge(f.personal),
            f.purpose_text,
        ]
        for f in flows
    ]
    headings = ("Way", "What", "Service", "Third party", "Personal data", "What for")
    return Panel(title, table=Table(headings, rows, "No flow."))


def carried_panel(title: str, flows: list[Flow]) -> Panel:
    rows = [
        [
            link_to(f),
            [link_to(e) for e in f.elements.all()],
            personal_badge(f.personal),
            f.purpose_text,
            f.message,
        ]
        for f in flows
    ]
    headings = ("What", "Collected as", "Personal data", "What for", "Message")
    personal = sum(flow.personal for flow in flows)
    counted = f"{title} ({len(flows)}, of which {personal} personal)" if flows else title
    return Panel(counted, table=Table(headings, rows, "Nothing."))
