from elections.management.base import ElectionCommand
from elections.services import withdraw_election


class Command(ElectionCommand):
    help = "Take back an election that waits, or that is approved and has not begun. It needs a --reason."
    deed = staticmethod(withdraw_election)
