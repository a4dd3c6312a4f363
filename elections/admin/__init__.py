"""The pages of elections: where a tenant's data is stored, which optional data is collected, and the deeds."""

from elections.admin import in_catalog
from elections.admin.collection import CollectionElectionAdmin
from elections.admin.policy import ElectionPolicyAdmin
from elections.admin.storage import StorageElectionAdmin

__all__ = ["CollectionElectionAdmin", "ElectionPolicyAdmin", "StorageElectionAdmin", "in_catalog"]
