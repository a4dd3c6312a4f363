from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from terms.management.base import TermsCommand, policy_row
from terms.services import create_policy


class Command(TermsCommand):
    help = "Make a terms policy, for everybody until assign_terms says otherwise. Its words come with draft_terms."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_policy(parser, "What your own colleagues call it; employees never see it.")
        parser.add_argument("--description", default="", metavar="TEXT")
        parser.add_argument("--default-language", default="en", metavar="TAG", help="BCP 47; else en.")
        parser.add_argument(
            "--reaccept-months", type=int, metavar="N", help="After how many months it is asked again."
        )
        parser.add_argument(
            "--four-eyes", action="store_true", help="Whoever wrote in a draft cannot publish it."
        )
        parser.add_argument("--remind-days", type=int, metavar="N", help="Remind every so many days.")

    def perform(self, *, tenant: str, name: str, **options: Any) -> None:
        names = ("description", "default_language", "reaccept_months", "four_eyes", "remind_days")
        given = {option: options[option] for option in names}
        policy = create_policy(tenant=self.tenant(tenant), name=name, by=self.actor, **given)
        self.show(policy_row(policy), f"{policy} of {policy.tenant} is made; draft_terms gives it words.")
