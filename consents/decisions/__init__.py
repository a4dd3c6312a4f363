"""May this flow happen for this tenant, at this moment or another, as known now or then? The answer, with evidence."""

from consents.decisions.deciding import (
    LARGEST_BATCH,
    Barriers,
    Weighed,
    barriers,
    check_instants,
    decide,
    weigh,
)
from consents.decisions.spool import log_answers
from consents.decisions.terms import (
    SUBJECTS,
    Code,
    Decision,
    ElectionEvidence,
    Evidence,
    Question,
    QuestionRefused,
    Reason,
)

__all__ = [
    "LARGEST_BATCH",
    "SUBJECTS",
    "Barriers",
    "Code",
    "Decision",
    "ElectionEvidence",
    "Evidence",
    "Question",
    "QuestionRefused",
    "Reason",
    "Weighed",
    "barriers",
    "check_instants",
    "decide",
    "log_answers",
    "weigh",
]
