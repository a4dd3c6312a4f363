"""Bringing the directory's employees and groups in: from a CSV file, or from what Microsoft Graph answers."""

from tenants.directory.services import Imported, import_people

__all__ = ["Imported", "import_people"]
