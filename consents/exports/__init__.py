"""The register of consents as a file."""

from consents.exports.deeds import KINDS, Download, Format, export_register

__all__ = ["KINDS", "Download", "Format", "export_register"]
