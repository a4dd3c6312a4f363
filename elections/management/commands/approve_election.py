from elections.management.base import ElectionCommand
from elections.services import approve_election


class Command(ElectionCommand):
    help = (
        "Approve an election that waits. It holds from the instant that was proposed, or from now on. With four eyes, "
        "not for whoever proposed it."
    )
    deed = staticmethod(approve_election)
