"""The deeds of terms."""

from terms.services.acceptances import decide, show
from terms.services.imports import import_acceptances, import_acceptances_later, preview_import
from terms.services.policies import assign_policy, change_policy, create_policy, retire_policy
from terms.services.reminders import remind, remind_due
from terms.services.texts import draft_revision, draft_version, publish_revision, publish_version, write_text

__all__ = [
    "assign_policy",
    "change_policy",
    "create_policy",
    "decide",
    "draft_revision",
    "draft_version",
    "import_acceptances",
    "import_acceptances_later",
    "preview_import",
    "publish_revision",
    "publish_version",
    "remind",
    "remind_due",
    "retire_policy",
    "show",
    "write_text",
]
