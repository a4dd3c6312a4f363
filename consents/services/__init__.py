"""The deeds of sharing consents."""

from consents.services.life import decline_consent, grant_consent, request_consent, withdraw_consent

__all__ = ["decline_consent", "grant_consent", "request_consent", "withdraw_consent"]
