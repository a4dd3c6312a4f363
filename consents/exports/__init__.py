"""The register of consents as a file."""

from consents.exports.deeds import KINDS, export_register

__all__ = ["KINDS", "export_register"]
