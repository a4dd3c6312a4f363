"""What led from one edition to another, as panels."""

from __future__ import annotations

from typing import Any

from catalog.differences import Comparison, KindComparison
from catalog.kinds import KINDS, name_of
from tenants.pages.parts import Badge, Code, Panel, Several, Table
from tenants.templatetags.console_pages import show


def comparison_panels(comparison: Comparison) -> list[Panel]:
    """One panel for each kind that differs."""
    found = [_kind_panel(name, kind) for name, kind in comparison.kinds.items() if not kind.is_empty]
    return found or [Panel("No difference", text="The two editions hold the same.", tone="good")]


def _kind_panel(name: str, kind: KindComparison) -> Panel:
    title = (
        str(KINDS[name].model._meta.verbose_name_plural).capitalize()
        if name in KINDS
        else "The catalog itself"
    )
    counted = f"{len(kind.added)} added, {len(kind.changed)} changed, {len(kind.removed)} removed"
    rows = [
        *(
            [Badge("Added", "good"), Code(code), None, None, name_of(record)]
            for code, record in kind.added.items()
        ),
        *(
            [Badge("Changed", "info"), Code(code), words(key), _readable(old), _readable(new)]
            for code, values in kind.changed.items()
            for key, (old, new) in values.items()
        ),
        *(
            [Badge("Removed", "bad"), Code(code), None, name_of(record), None]
            for code, record in kind.removed.items()
        ),
    ]
    return Panel(f"{title}: {counted}", table=Table(("", "Code", "Field", "Before", "After"), rows))


def words(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return Several([f"{key}: {inner}" for key, inner in value.items()])
    return show(value)
