"""Taking a register or report of a tenant away as a file: what all of them have in common."""

from tenants.exports.files import Download, Format, Kind, as_of_or_now, export, note_download, tenant_as_known

__all__ = ["Download", "Format", "Kind", "as_of_or_now", "export", "note_download", "tenant_as_known"]
