"""The deeds of sharing consents."""

from consents.services.ending import assign_step, complete_step
from consents.services.life import decline_consent, grant_consent, withdraw_consent
from consents.services.policy import set_consent_policy
from consents.services.requesting import request_consent

__all__ = [
    "assign_step",
    "complete_step",
    "decline_consent",
    "grant_consent",
    "request_consent",
    "set_consent_policy",
    "withdraw_consent",
]
