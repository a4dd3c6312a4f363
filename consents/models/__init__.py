"""What tenants decided about sharing data with third parties, and what has to be watched because of it."""

from consents.models.consent import Consent, CoveredFlow
from consents.models.credential import Credential
from consents.models.drift import ConsentImport, Drift
from consents.models.ending import EndingStep
from consents.models.policy import ConsentPolicy
from consents.models.subcontractor import Objection, SubcontractorNotice

__all__ = [
    "Consent",
    "ConsentImport",
    "ConsentPolicy",
    "CoveredFlow",
    "Credential",
    "Drift",
    "EndingStep",
    "Objection",
    "SubcontractorNotice",
]
