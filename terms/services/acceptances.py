"""Showing words to an employee, and taking their decision about exactly these words."""

from __future__ import annotations

import hashlib
import ipaddress
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils import timezone

from audit import signing as signatures
from audit.context import Action, deed
from privacy_console.errors import Refused
from tenants.deeds import locked
from tenants.models import Employee
from terms.languages import best_of
from terms.models import Acceptance, TermsPolicy, TermsText
from terms.receipts import signed_bytes
from terms.services.texts import latest_revision
from terms.standing import Place, Standing, place_of, valid_until, version_asked

SALT = "terms.shown"
A_DAY = 24 * 60 * 60
IPV4_NETWORK, IPV6_NETWORK = 24, 48


@dataclass(frozen=True)
class Shown:
    """The words that an employee sees, and the ticket that the decision about them brings back."""

    text: TermsText
    place: Place
    ticket: str


@dataclass(frozen=True)
class Ticket:
    """What was shown, and to whom: signed, it comes back with the decision. Ids, and a time in ISO 8601."""

    employee: int
    text: int
    sha256: str
    round: int
    shown_at: str
    receipt: str


@dataclass(frozen=True)
class Circumstances:
    """How a decision came in. session: any secret of the sign-in session; only its digest is kept."""

    button: str
    session: str = ""
    address: str = ""
    device: str = ""

    def kept(self) -> dict[str, str]:
        """What is recorded of them."""
        return {
            "button": self.button[:100],
            "device": self.device[:200],
            "session": hashlib.sha256(self.session.encode()).hexdigest() if self.session else "",
            "network": network_of(self.address),
        }


def place(employee: Employee, policy: TermsPolicy, at: datetime) -> Place:
    """Where the employee stands now, with every decision there is: also one that a clock put into the future."""
    decisions = Acceptance.objects.for_tenant(employee.tenant_id).filter(employee=employee, policy=policy)
    known = list(decisions.select_related("version").order_by("decided_at", "id"))
    return place_of(policy, version_asked(policy, at), known, at)


def text_for(current: Place, languages: list[str]) -> TermsText:
    """The words of what is asked, in the first of the languages that has a text, else in the default one.

    Raises Refused where nothing is asked.
    """
    if current.version is None:
        raise Refused("nothing_asked", "There is nothing to decide here at present.")
    revision = latest_revision(current.version)
    texts = list(TermsText.objects.for_tenant(current.policy.tenant_id).filter(revision=revision))
    by_language: dict[str, TermsText] = {text.language: text for text in texts}
    return by_language[best_of(languages, list(by_language), current.policy.default_language)]


def show(*, employee: Employee, policy: TermsPolicy, languages: list[str]) -> Shown:
    """What to show now, with a ticket that names it. languages: the wished ones, the best first.

    Raises Refused where the policy is not for this employee, or asks nothing.
    """
    policy = _asked(employee, policy)
    now = timezone.now()
    current = place(employee, policy, now)
    text = text_for(current, languages)
    receipt = str(uuid.uuid4())
    ticket = Ticket(employee.pk, text.pk, text.sha256, current.round, now.isoformat(), receipt)
    return Shown(text, current, signing.dumps(asdict(ticket), salt=SALT))


def _asked(employee: Employee, policy: TermsPolicy) -> TermsPolicy:
    """The policy as it stands now. Raises Refused where it is not for this employee."""
    asked = TermsPolicy.objects.for_tenant(employee.tenant_id).asked_of(employee)
    found: TermsPolicy | None = asked.filter(pk=policy.pk).first()
    if found is None or not employee.is_active:
        raise Refused("not_asked", "These terms are not for you.")
    return found


@transaction.atomic
def decide(
    *,
    employee: Employee,
    policy: TermsPolicy,
    ticket: str,
    decision: str,
    circumstances: Circumstances,
) -> Acceptance:
    """Record the employee's decision about the words that the ticket names; the same ticket again, or a second device,
    gives the decision that is there already.

    Raises Refused: `stale` where the words have changed since they were shown, the ticket is old or was used to decide
    otherwise (show them again), `forged` for a ticket that is not this employee's, `not_asked`.
    """
    # One decision of a person at a time; and they are recorded as the directory has them now.
    employee = locked(employee)
    policy = _asked(employee, policy)
    shown = _opened(ticket, employee)
    decisions = Acceptance.objects.for_tenant(employee.tenant_id).filter(employee=employee, policy=policy)
    found: Acceptance | None = decisions.filter(receipt_id=shown.receipt).first()
    if found is not None:
        return _same(found, decision)
    texts = TermsText.objects.for_tenant(employee.tenant_id).select_related("revision__version")
    text = texts.get(pk=shown.text)
    now = timezone.now()
    current = place(employee, policy, now)
    if current.standing == Standing.ACCEPTED_LATEST and current.last is not None:
        return current.last
    _require_current(text, current, shown)
    acceptance = _acceptance(employee, text, current, shown, _decision(decision), circumstances, now)
    with deed(f"terms.{acceptance.decision}", on=Acceptance, action=Action.CREATE):
        acceptance.save(force_insert=True)
    return acceptance


def _decision(given: str) -> Acceptance.Decision:
    try:
        return Acceptance.Decision(given)
    except ValueError:
        raise Refused("forged", "This form was not made by the console. Open the terms again.") from None


def _same(found: Acceptance, decision: str) -> Acceptance:
    """What the same ticket decided before: a double click. Raises Refused where it now says something else."""
    if found.decision != decision:
        raise Refused(
            "stale", "You have decided otherwise on this page before. Read the terms again, then decide."
        )
    return found


def _opened(ticket: str, employee: Employee) -> Ticket:
    try:
        shown = Ticket(**signing.loads(ticket, salt=SALT, max_age=A_DAY))
    except signing.SignatureExpired:
        raise Refused(
            "stale", "This page was open for too long. Read the terms again, then decide."
        ) from None
    except signing.BadSignature:
        raise Refused("forged", "This form was not made by the console. Open the terms again.") from None
    if shown.employee != employee.pk:
        raise Refused("forged", "This form was made for somebody else. Open the terms again.")
    return shown


def _require_current(text: TermsText, current: Place, shown: Ticket) -> None:
    version = text.revision.version
    is_current = current.version is not None and version.pk == current.version.pk
    newest = latest_revision(version)
    if not is_current or newest is None or newest.pk != text.revision_id or shown.round != current.round:
        raise Refused("stale", "The terms have changed since you opened them. Read them again, then decide.")


def _acceptance(
    employee: Employee,
    text: TermsText,
    current: Place,
    shown: Ticket,
    decision: Acceptance.Decision,
    circumstances: Circumstances,
    now: datetime,
) -> Acceptance:
    last = current.last
    shown_at = datetime.fromisoformat(shown.shown_at)
    # A clock that was set back does not put a decision before what it follows.
    decided_at = max(now, shown_at, last.decided_at if last else now)
    is_accepted = decision == Acceptance.Decision.ACCEPTED
    acceptance = Acceptance(
        receipt_id=uuid.UUID(shown.receipt),
        policy=current.policy,
        round=current.round,
        trigger=_trigger(current),
        supersedes=last,
        surface=Acceptance.Surface.PORTAL,
        shown_at=shown_at,
        decided_at=decided_at,
        decision=decision,
        valid_until=valid_until(current.policy, decided_at) if is_accepted else None,
        key_id=signatures.key_id(),
        **_who(employee),
        **_words(text),
        **circumstances.kept(),
    )
    acceptance.signature = signatures.sign(signed_bytes(acceptance))
    return acceptance


def _who(employee: Employee) -> dict[str, Any]:
    """The employee, also as the directory has them now."""
    return {
        "tenant": employee.tenant,
        "employee": employee,
        "directory_id": employee.directory_id,
        "user_principal_name": employee.user_principal_name,
        "display_name": employee.display_name,
    }


def _words(text: TermsText) -> dict[str, Any]:
    """The words, and which bytes they were."""
    return {
        "version": text.revision.version,
        "revision": text.revision,
        "text": text,
        "language": text.language,
        "text_sha256": text.sha256,
    }


def _trigger(current: Place) -> str:
    if current.round > 1:
        return Acceptance.Trigger.EXPIRY
    return Acceptance.Trigger.REACCEPT if current.last is not None else Acceptance.Trigger.NEW


def network_of(address: str) -> str:
    """The address cut to its network, so that it says where from without saying who; empty for none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    length = IPV4_NETWORK if parsed.version == 4 else IPV6_NETWORK
    return str(ipaddress.ip_network((parsed, length), strict=False))
