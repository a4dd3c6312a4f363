"""The deeds of elections."""

from elections.services.collection import elect_collection
from elections.services.life import approve_election, reject_election, withdraw_election
from elections.services.policy import set_election_policy
from elections.services.storage import begin_storage, elect_region

__all__ = [
    "approve_election",
    "begin_storage",
    "elect_collection",
    "elect_region",
    "reject_election",
    "set_election_policy",
    "withdraw_election",
]
