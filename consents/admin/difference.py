"""What the present catalog would send, and a consent does not cover: why it needs to be renewed."""

from __future__ import annotations

from catalog.admin.panels import personal_badge
from catalog.models import Flow, both_ways
from consents.admin.words import counted
from consents.renewal import ChangedFlow, Difference, FlowFacts
from tenants.pages.parts import Badge, Code, Panel, Table

HEADINGS = ("", "What", "Way", "Personal data", "What is different", "Code")


def difference_panels(difference: Difference) -> list[Panel]:
    """What was added, changed and removed since the grant; nothing where all is the same."""
    if not difference:
        return []
    rows = [
        *(_row(Badge("New, not covered", "warn"), flow, "") for flow in difference.added),
        *(_changed(flow) for flow in difference.changed),
        *(_row(Badge("No longer flows", "plain"), flow, "") for flow in difference.removed),
    ]
    tone = "warn" if difference.needs_renewal else ""
    return [Panel(_title(difference), table=Table(HEADINGS, rows), tone=tone)]


def _title(difference: Difference) -> str:
    if not difference.needs_renewal:
        return "What the catalog says otherwise since the grant: nothing that needs a renewal"
    out, back = both_ways(difference.added)
    grown = sum(flow.asks_for_more for flow in difference.changed)
    parts = [
        f"{len(out)} more to the third party" if out else "",
        f"{len(back)} more from it" if back else "",
        f"{counted(grown, 'flow')} with more than was agreed to" if grown else "",
    ]
    return f"Needs renewal: {', '.join(filter(None, parts))}"


def _changed(flow: ChangedFlow) -> list[object]:
    badge = Badge("More than agreed", "warn") if flow.asks_for_more else Badge("Described otherwise", "info")
    return _row(badge, flow.after, "; ".join(_said(flow, key) for key in flow.keys))


def _said(flow: ChangedFlow, key: str) -> str:
    before, after = getattr(flow.before, key), getattr(flow.after, key)
    match key:
        case "elements":
            return f"collected as {', '.join(after) or 'nothing'} (was: {', '.join(before) or 'nothing'})"
        case "personal":
            return "is personal data now" if after else "is no personal data any more"
        case "direction":
            return f"goes the other way (was: {Flow.Direction(before).label.lower()})"
        case _:
            return f"was called “{before}”"


def _row(badge: Badge, flow: FlowFacts, what: str) -> list[object]:
    way = Flow.Direction(flow.direction).label
    return [badge, flow.name, way, personal_badge(flow.personal), what, Code(flow.code)]
