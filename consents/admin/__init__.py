"""The pages of sharing consents: what a tenant authorised, what flows because of it, and the deeds that change it."""

from consents.admin.pages import ConsentAdmin

__all__ = ["ConsentAdmin"]
