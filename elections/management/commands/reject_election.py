from elections.management.base import ElectionCommand
from elections.services import reject_election


class Command(ElectionCommand):
    help = "Reject an election that waits. It needs a --reason."
    deed = staticmethod(reject_election)
