"""The first screen."""

from privacy_console.dashboard.screen import dashboard

__all__ = ["dashboard"]
