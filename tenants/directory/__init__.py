"""Bringing the directory's employees and groups in: from CSV, from what Microsoft Graph answers, by sign-in."""

from tenants.directory.services import Imported, import_people, join_by_sign_in

__all__ = ["Imported", "import_people", "join_by_sign_in"]
