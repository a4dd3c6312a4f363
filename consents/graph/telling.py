"""What an import comes to, in rows for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from consents.graph.comparing import Facts
from consents.graph.planning import Plan
from consents.models import Consent, Credential, Drift

STATES = dict(Consent.State.choices)


def rows_of(plan: Plan) -> Iterator[dict[str, str]]:
    """One row for each difference and for each certificate or token that is touched; what is new first."""
    for difference in plan.opened:
        yield _row("new", difference)
    for _, difference, has_changed in plan.known:
        yield _row("changed" if has_changed else "still open", difference)
    for drift in plan.cleared:
        yield _row("no longer found", drift)
    for difference in plan.settled:
        yield _row("accepted", difference)
    credentials = plan.credentials
    for what, found in (
        ("new", credentials.new),
        ("changed", credentials.changed),
        ("gone", credentials.gone),
    ):
        for credential in found:
            yield _credential_row(what, credential)


def _row(what: str, difference: Any) -> dict[str, str]:
    return {
        "what": what,
        "kind": difference.kind,
        "difference": Drift.Kind(difference.kind).label,
        "service": difference.service or "",
        "connection": difference.connection,
        "there": there(difference.observed),
        "here": here(difference.recorded),
    }


def _credential_row(what: str, credential: Credential) -> dict[str, str]:
    return {
        "what": what,
        "kind": credential.kind,
        "difference": Credential.Kind(credential.kind).label,
        "service": credential.service.code,
        "connection": credential.connection,
        "there": f"{credential.name}, ends {credential.expires_at:%Y-%m-%d}" if what != "gone" else "",
        "here": "",
    }


def there(observed: Facts) -> str:
    """What the service says, in words: `on since 2024-05-02 by admin@contoso.example`."""
    words = ["on" if observed.get("on") else "off"] if "on" in observed else []
    since = observed.get("since", "")
    words += [f"since {since[:10]}"] if since else []
    words += [f"by {observed['by']}"] if observed.get("by") else []
    sentence = " ".join(words)
    more = [f"ended {observed['expires_at'][:10]}"] if observed.get("expires_at") else []
    more += [f"account {observed['account']}"] if observed.get("account") else []
    return ", ".join([sentence, *more] if sentence else more)


def here(recorded: Facts) -> str:
    """What the register says, in words."""
    state = recorded.get("state", "")
    if state in ("", "none"):
        return "no consent" if state else ""
    ended = recorded.get("ended_at", "")
    by = recorded.get("granted_by", "")
    when = f" {ended[:10]}" if ended else ""
    return f"{STATES[state].lower()}{when}" + (f", granted by {by}" if by else "")


def counts_of(plan: Plan) -> Mapping[str, int]:
    """How much of each there is."""
    return {
        "found": len(plan.differences),
        "opened": len(plan.opened),
        "still_open": len(plan.known),
        "accepted": len(plan.settled),
        "cleared": len(plan.cleared),
        "credentials_new": len(plan.credentials.new),
        "credentials_changed": len(plan.credentials.changed),
        "credentials_gone": len(plan.credentials.gone),
    }


def sentence_of(plan: Plan) -> str:
    """The import in one line."""
    reading, counts = plan.reading, counts_of(plan)
    records = "1 record" if reading.records == 1 else f"{reading.records:,} records"
    differences = "1 difference" if counts["found"] == 1 else f"{counts['found']:,} differences"
    parts = [("new", "opened"), ("open before", "still_open"), ("accepted", "accepted")]
    named = ", ".join(f"{counts[key]:,} {words}" for words, key in parts if counts[key])
    gone = f" {counts['cleared']:,} no longer found." if counts["cleared"] else ""
    problems = f" {len(reading.problems):,} could not be read." if reading.problems else ""
    return f"{records} in {reading.name}: {differences}{f' ({named})' if named else ''}.{gone}{problems}"
