"""The pages of what employees decided: an append-only log, each decision with its receipt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.filters import PeriodFilter
from tenants.pages.parts import Badge, Code, Link, Panel, admin_url, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute
from terms.models import Acceptance
from terms.receipts import document, is_genuine

TONES = {"accepted": "good", "declined": "bad"}
LABELS = {"Accepted": "success", "Declined": "danger"}


class DecidedFilter(PeriodFilter):
    title = "when"
    field = "decided_at"


@admin.register(Acceptance)
class AcceptanceAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_TERMS
    list_title = "Acceptances"
    intro = "Who accepted or declined which words, and when. Nothing here is ever changed or deleted."
    empty_text = (
        "Nobody has decided anything yet. Decisions come from the employees' portal and from imports."
    )
    # What the list shows: planning more joins than that takes PostgreSQL longer than the list itself.
    related = ("version__policy",)
    list_display = ("user_name", "person", "asked", "outcome", "came_by", "decided", "tenant_name")
    list_filter = ("decision", "surface", "policy", "source", DecidedFilter)
    search_fields = ("user_principal_name", "display_name", "directory_id", "text_sha256")
    search_help_text = "User name, name, directory id or SHA-256."
    ordering = ("-decided_at", "-id")

    @column(description="User name", ordering="user_principal_name")
    def user_name(self, acceptance: Acceptance) -> str:
        return acceptance.user_principal_name

    @column(description="Name then", ordering="display_name")
    def person(self, acceptance: Acceptance) -> str:
        return acceptance.display_name

    @column(description="Version", ordering="version__policy__name")
    def asked(self, acceptance: Acceptance) -> str:
        return str(acceptance.version)

    @column(description="Decision", label=LABELS, ordering="decision")
    def outcome(self, acceptance: Acceptance) -> str:
        return acceptance.get_decision_display()

    @column(description="Through", ordering="surface")
    def came_by(self, acceptance: Acceptance) -> str:
        return acceptance.get_surface_display()

    @column(description="Decided", ordering="decided_at")
    def decided(self, acceptance: Acceptance) -> str:
        return minute(acceptance.decided_at)

    def headline(self, request: HttpRequest, obj: Acceptance) -> Sequence[Any]:
        return [Badge(obj.get_decision_display(), TONES[obj.decision]), _seal(obj)]

    def panels(self, request: HttpRequest, obj: Acceptance) -> list[Panel]:
        return [_decision(obj), _words(obj), _circumstances(obj), _receipt(obj)]


def is_proved(acceptance: Acceptance) -> bool:
    """Whether the receipt, as the record would give it out now, is what was signed then."""
    return is_genuine(document(acceptance))


def _seal(acceptance: Acceptance) -> Badge:
    if not acceptance.signature:
        return Badge("No signature: it was brought in from elsewhere", "plain")
    return (
        Badge("Receipt verifies", "good")
        if is_proved(acceptance)
        else Badge("Receipt does not verify", "bad")
    )


def _decision(acceptance: Acceptance) -> Panel:
    last = acceptance.supersedes
    about = [
        ("Employee", link_to(acceptance.employee)),
        ("As they were then", [acceptance.display_name or "no name", acceptance.user_principal_name]),
        ("Directory id", Code(acceptance.directory_id)),
        ("Decided", acceptance.decided_at),
        ("Valid until", acceptance.valid_until),
        ("Asked because", acceptance.get_trigger_display()),
        ("Asking of this version", f"no. {acceptance.round}" if acceptance.round > 1 else ""),
        ("Takes the place of", link_to(last, "the decision before it") if last else None),
    ]
    return Panel("The decision", facts(about))


def _words(acceptance: Acceptance) -> Panel:
    revision, text = acceptance.revision, acceptance.text
    about = [
        ("Version", str(acceptance.version)),
        ("Wording", link_to(revision) if revision else "not known"),
        ("Language", acceptance.language),
        ("Shown", acceptance.shown_at),
        ("Button", acceptance.button),
        ("SHA-256 of what was shown", Code(acceptance.text_sha256) if acceptance.text_sha256 else ""),
        ("These words are still here", _kept(acceptance) if text else None),
    ]
    url = f"{admin_url(revision, 'preview', revision.pk)}?language={acceptance.language}" if revision else ""
    return Panel("The words", facts(about), link=Link("Read them", url) if text and url else None)


def _kept(acceptance: Acceptance) -> Badge:
    """Whether the text, hashed again now, is the one that was shown."""
    is_same = acceptance.text is not None and acceptance.text.digest() == acceptance.text_sha256
    return Badge("Yes, byte by byte", "good") if is_same else Badge("No: the text differs", "bad")


def _circumstances(acceptance: Acceptance) -> Panel:
    about = [
        ("Through", acceptance.get_surface_display()),
        ("Device", acceptance.device),
        ("From the network", Code(acceptance.network) if acceptance.network else ""),
        ("Sign-in session, as a digest", Code(acceptance.session) if acceptance.session else ""),
        (
            "Imported from",
            [acceptance.imported_from, link_to(acceptance.source)] if acceptance.source else "",
        ),
    ]
    return Panel("How it came in", facts(about))


def _receipt(acceptance: Acceptance) -> Panel:
    if not acceptance.signature:
        return Panel("Receipt", text="What was brought in from elsewhere has no receipt of this console.")
    text = json.dumps(document(acceptance), indent=2, ensure_ascii=False)
    tone = "good" if is_proved(acceptance) else "bad"
    context = {"text": text, "is_genuine": is_proved(acceptance), "key_id": acceptance.key_id}
    return Panel("Receipt", template="admin/terms/receipt.html", context=context, tone=tone)
