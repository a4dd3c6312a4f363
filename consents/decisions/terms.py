"""What is asked and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import models

from privacy_console.errors import Refused


class Code(models.TextChoices):
    """Why the answer is what it is. Only the first three allow anything; unknown or unclear means no."""

    GRANTED = "granted", "A consent in force covers it"
    AGENT_OF_PROCESSOR = "agent_of_processor", "The recipient acts for the processor"
    NO_CONSENT_NEEDED = "no_consent_needed", "The catalog says that no consent is needed"
    NOTHING_SHARED = "nothing_shared", "Nothing is shared with this party"
    NO_CONSENT = "no_consent", "There is no consent"
    WITHDRAWN = "withdrawn", "The consent was withdrawn"
    EXPIRED = "expired", "The consent has ended"
    NOT_YET_EFFECTIVE = "not_yet_effective", "The consent has not begun"
    NOT_COVERED = "not_covered_by_consent", "The consent does not cover it"
    NEVER_COLLECTED = "never_collected", "It carries what is never collected"
    NOT_ELECTED = "collection_not_elected", "It carries only optional data that was not switched on"
    REGION_NOT_ALLOWED = (
        "region_not_allowed",
        "The tenant's rule does not let it go to the recipient's country",
    )
    UNKNOWN_FLOW = "unknown_flow", "The catalog has no such flow"
    UNKNOWN_SERVICE = "unknown_service", "The catalog has no such service"
    UNKNOWN_PARTY = "unknown_third_party", "The catalog has no such third party"
    TENANT_CLOSED = "tenant_closed", "The tenant is closed"


ALLOWING = frozenset({Code.GRANTED, Code.AGENT_OF_PROCESSOR, Code.NO_CONSENT_NEEDED})


SUBJECTS = ("flow", "service", "third_party")
"""What a question can be about: one of these fields of `Question`."""


class QuestionRefused(Refused):
    """A question that cannot be answered as it is put; `field` names what is wrong with it."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.field = field


@dataclass(frozen=True, slots=True)
class Question:
    """May this flow, every flow of this service, or every flow of this third party happen? One of the three codes.

    connection: which one, where the tenant has several; of no account for services with one for each tenant when a
    third party is asked about.
    """

    flow: str = ""
    service: str = ""
    third_party: str = ""
    connection: str = ""

    @property
    def subject(self) -> str:
        return self.flow or self.service or self.third_party


@dataclass(frozen=True, slots=True)
class Reason:
    """A code for machines and a sentence for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ElectionEvidence:
    """An election that an answer rests on, as known at the instant: `kind` is collection or storage.

    history_id: its history row, which is also the id of the audit event that made it so.
    """

    kind: str
    id: int
    record_id: str
    history_id: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the answer rests on.

    history_id: the consent's history row as known at the instant, which is also the id of the audit event that made
    it so; flows: code and history row of each covered flow that was asked about, as it was agreed to;
    catalog_event: the last audit event of the catalog's edition. elections: those by which optional data is collected,
    and that of the geography by which recipients are measured; policy: the history row of the rule on recipients, where
    there is one. services: for a third party, those of each service.
    """

    catalog: str = ""
    catalog_edition: int | None = None
    catalog_event: int | None = None
    consent: int | None = None
    record_id: str | None = None
    history_id: int | None = None
    flows: tuple[tuple[str, int], ...] = ()
    elections: tuple[ElectionEvidence, ...] = ()
    policy: int | None = None
    services: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question: allowed or not, why, and on which evidence. The first reason weighs most."""

    question: Question
    allowed: bool
    reasons: tuple[Reason, ...]
    at: datetime
    known_at: datetime
    evidence: Evidence

    @property
    def consent(self) -> int | None:
        return self.evidence.consent

    @property
    def catalog_edition(self) -> int | None:
        return self.evidence.catalog_edition
