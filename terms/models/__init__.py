"""The terms that a company publishes, in every wording that they ever had, and who accepted which words."""

from terms.models.acceptance import Acceptance
from terms.models.acceptance_import import AcceptanceImport
from terms.models.policy import TermsPolicy, TermsTarget
from terms.models.reminder import Reminder
from terms.models.tally import BLOCK, Recount, Tally
from terms.models.version import TermsRevision, TermsText, TermsVersion

__all__ = [
    "BLOCK",
    "Acceptance",
    "AcceptanceImport",
    "Recount",
    "Reminder",
    "Tally",
    "TermsPolicy",
    "TermsRevision",
    "TermsTarget",
    "TermsText",
    "TermsVersion",
]
