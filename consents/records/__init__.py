"""Each consent as a consent record (ISO/IEC TS 27560:2023) and as a receipt, and back from its record."""

from consents.records.deeds import MEDIA_TYPE, export_receipt, export_record
from consents.records.restoring import Outcome, restore_consents

__all__ = ["MEDIA_TYPE", "Outcome", "export_receipt", "export_record", "restore_consents"]
