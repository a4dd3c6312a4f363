"""What a tenant elected: where its data is stored, and which optional data is collected."""

from elections.models.collection import CollectionElection, ElectedFeature
from elections.models.election import Election
from elections.models.policy import ElectionPolicy
from elections.models.storage import StorageElection

__all__ = ["CollectionElection", "ElectedFeature", "Election", "ElectionPolicy", "StorageElection"]
