"""The pages of the timeline. The trail lies below the tenants, who may read it; so its pages stand here."""

from tenants.admin.timeline.pages import TimelineAdmin

__all__ = ["TimelineAdmin"]
