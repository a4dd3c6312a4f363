"""A consent's page reads like a file: what holds, what flows, what was agreed, who decided, what followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.models import AuditEvent
from consents.admin.words import counted, day, period_of, renewal_badge, state_badge
from consents.glance import lacking
from consents.models import Consent, EndingStep
from consents.renewal import Difference, difference
from consents.transfers import needs_safeguard
from tenants.pages.moments import Moment, as_they_were
from tenants.pages.parts import Badge, Code, Fact, Link, Panel, Several, Table, admin_url, facts, link_to

State = Consent.State
PANEL_TONES = {State.GRANTED: "good", State.REQUESTED: "warn"}


@dataclass(frozen=True)
class OpenFile:
    """What is read once for all parts of the file."""

    consent: Consent
    moment: Moment
    steps: Sequence[EndingStep]
    difference: Difference

    @classmethod
    def of(cls, consent: Consent, moment: Moment) -> OpenFile:
        return cls(consent, moment, steps_known(consent, moment), difference(consent, moment.asked))

    @property
    def open_steps(self) -> int:
        return sum(step.status == EndingStep.Status.OPEN for step in self.steps)

    @property
    def badges(self) -> list[Badge]:
        """The headline: the state, and all that is special about it."""
        found = [state_badge(self.consent, self.moment.at, self.open_steps)]
        if self.consent.is_past_dated:
            found.append(Badge("Recorded after the fact", "info"))
        if beyond := lacking(self.difference):
            found.append(renewal_badge(beyond))
        return found


def sentence(consent: Consent, moment: Moment, open_steps: int) -> str:
    """The state, in words."""
    match State(consent.state_at(moment.at)):
        case State.REQUESTED:
            return "Waits for a decision: nothing may flow yet"
        case State.GRANTED:
            if consent.is_in_force(moment.at):
                return "In force"
            return f"Granted, and not yet in force: nothing may flow before {day(consent.effective_from)}"  # type: ignore[arg-type]
        case State.WITHDRAWN:
            left = f"; {counted(open_steps, 'step')} open until the sharing has ended" if open_steps else ""
            return f"Withdrawn: nothing may flow{left}"
        case State.DECLINED:
            return "Declined: nothing may flow"
        case _:
            return "Ended: nothing may flow any more"


def state_panel(consent: Consent, moment: Moment, open_steps: int) -> Panel:
    service = consent.service
    about = facts(
        [
            ("Service", link_to(service)),
            ("Third party", link_to(service.third_party)),
            ("Connection", consent.connection),
            ("Why it is needed", consent.justification),
            ("Holds", period_of(consent) if consent.effective_from else None),
            ("Agreed end", consent.effective_until),
            ("Ended", _early_end(consent, moment)),
            ("Catalog edition agreed to", link_to(consent.edition)),
            ("Record", Code(str(consent.record_id))),
            ("Came from the file", consent.restored_from),
        ]
    )
    if consent.is_past_dated:
        about.append(Fact("Recorded after the fact", _lag(consent)))
    tone = PANEL_TONES.get(State(consent.state_at(moment.at)), "bad")
    return Panel(sentence(consent, moment, open_steps), about, tone=tone)


def _early_end(consent: Consent, moment: Moment) -> Any:
    """The end, where it is not the one that was agreed."""
    ended = consent.ends_at
    return ended if ended is not None and ended != consent.effective_until and ended <= moment.at else None


def _lag(consent: Consent) -> str:
    began, granted = consent.effective_from, consent.granted_at
    return f"It holds from {day(began)} and was recorded on {day(granted)}." if began and granted else ""


# --- What was agreed ---


def agreed_panel(consent: Consent) -> Panel:
    """Contract, legal basis, transfer safeguard and terms; what is missing is said, not left out."""
    about = [
        Fact("Your contract with the third party", consent.contract_reference or "None recorded"),
        *facts(
            [
                ("Parties of the contract", consent.contract_parties),
                ("Signed", consent.contract_signed_on),
                ("The contract ends", _contract_end(consent)),
            ]
        ),
        Fact("Legal basis", consent.get_legal_basis_display() or "None recorded", "GDPR Art. 6(1)"),
        _transfer(consent),
        Fact(
            "Address of the terms",
            Link(consent.terms_url, consent.terms_url) if consent.terms_url else "None recorded",
        ),
        Fact("SHA-256 of the terms", Code(consent.terms_sha256) if consent.terms_sha256 else "No text given"),
    ]
    template = "admin/consents/terms.html" if consent.terms_text else ""
    return Panel("What was agreed", about, template=template, context={"text": consent.terms_text})


def _contract_end(consent: Consent) -> Any:
    return consent.contract_ends_on or ("has no end" if consent.contract_signed_on else None)


def _transfer(consent: Consent) -> Fact:
    """What allows the transfer; a missing one is a warning where the country needs one."""
    label, hint = "Transfer safeguard", "GDPR Art. 44 to 49"
    party = consent.service.third_party
    where = party.country or "a country that the catalog does not know"
    if consent.safeguard:
        named = [consent.get_safeguard_display(), consent.safeguard_reference]
        return Fact(label, ", ".join(filter(None, named)), hint)
    if needs_safeguard(consent.tenant, party):
        warning = Badge("None recorded", "bad")
        return Fact(label, Several([warning, f"{party} is in {where}, outside the EU and EFTA."]), hint)
    return Fact(
        label, f"Not needed: {consent.tenant} is in {consent.tenant.country}, {party} in {where}.", hint
    )


# --- Who decided ---

DECISIONS = (
    ("Requested", "consent.requested", "requested_at", "requested_by", "justification"),
    ("Granted", "consent.granted", "granted_at", "granted_by", "grant_reason"),
    ("Declined", "consent.declined", "declined_at", "declined_by", "decline_reason"),
    ("Withdrawn", "consent.withdrawn", "withdrawn_at", "withdrawn_by", "withdraw_reason"),
)


def decided_panel(consent: Consent, events: Iterable[AuditEvent]) -> Panel:
    """Who, in which role, from where and why; role and address come from the trail, for whoever may read it."""
    behind = {event.activity: event for event in events}
    rows = [
        [label, getattr(consent, at), getattr(consent, by), *_from_where(consent, activity, behind.get(activity)),
         getattr(consent, why)]
        for label, activity, at, by, why in DECISIONS
        if getattr(consent, at)
    ]  # fmt: skip
    return Panel("Who decided", table=Table(("What", "When", "Who", "As", "From", "Why"), rows))


def _from_where(consent: Consent, activity: str, event: AuditEvent | None) -> tuple[str, str]:
    """Role and place: of the grant they stand in the consent itself."""
    if activity == "consent.granted":
        role, origin, address = consent.granted_role, consent.granted_origin, consent.granted_address
    elif event is not None:
        behind = event.attribution
        role, origin, address = behind.actor_role, behind.origin, behind.ip_address or ""
    else:
        return "", ""
    return role.replace("_", " "), ", ".join(filter(None, [origin, address]))


# --- Renewals ---


def renewal_panels(consent: Consent, followers: Sequence[Consent], moment: Moment) -> list[Panel]:
    """The chain: what it renews, and what renews it."""
    before = [("Renews", consent.supersedes)] if consent.supersedes else []
    chain = [*before, *(("Renewed by" if f.granted_at else "Renewal requested", f) for f in followers)]
    if not chain:
        return []
    rows = [
        [
            words,
            link_to(other),
            state_badge(other, moment.at),
            period_of(other) if other.effective_from else None,
        ]
        for words, other in chain
    ]
    return [Panel("Renewals", table=Table(("", "Consent", "State", "Holds"), rows))]


# --- The checklist ---


def steps_known(consent: Consent, moment: Moment) -> list[EndingStep]:
    if not consent.withdrawn_at:
        return []
    rows = moment.rows(EndingStep, [consent.tenant_id]).filter(consent=consent.pk)
    return as_they_were(rows.select_related("owner").order_by("position"))


def checklist_panel(
    steps: Sequence[EndingStep], moment: Moment, deeds: Mapping[int, Sequence[Link]]
) -> Panel:
    """What ends the sharing: each step with its owner, its date and its proof."""
    rows = [
        [
            link_to(step),
            step.instructions,
            str(step.owner) if step.owner else Badge("Nobody yet", "warn"),
            step.due_on,
            step_badge(step, moment),
            step.proof or Several(list(deeds.get(step.pk, ()))),
        ]
        for step in steps
    ]
    left = sum(step.status == EndingStep.Status.OPEN for step in steps)
    title = f"Ending the sharing: {counted(left, 'step')} open" if left else "Ending the sharing: all done"
    headings = ("Step", "What to do", "Who", "Due", "State", "Proof")
    return Panel(title, table=Table(headings, rows), tone="warn" if left else "good")


def step_badge(step: EndingStep, moment: Moment) -> Any:
    if step.status == EndingStep.Status.DONE:
        done = f"Done on {day(step.done_at)}" if step.done_at else "Done"
        return Badge(done, "good")
    return Badge("Overdue", "bad") if step.is_overdue(moment.at) else Badge("Open", "warn")


# --- The timeline ---


def timeline_panel(consent: Consent, events: Sequence[Any]) -> Panel:
    everything = f"{admin_url(AuditEvent, 'changelist')}?timeline={consent.tenant.slug}&kind=consents.consent"
    return Panel(
        "Timeline",
        template="admin/history/events.html",
        context={"events": events, "sees_addresses": True},
        link=Link("All of the tenant's consents in the timeline", everything),
    )


def before_panel(consent: Consent) -> Panel:
    """For a moment at which the record did not exist."""
    text = f"This consent was requested on {day(consent.requested_at)}. At the moment asked for, nobody knew of it."
    return Panel("There was no such record yet", text=text, tone="warn")
