"""Who accepted a policy and who owes it a decision, as a file."""

from terms.exports.deeds import KINDS, export_acceptances

__all__ = ["KINDS", "export_acceptances"]
