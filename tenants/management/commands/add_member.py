from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from tenants.commands import ConsoleCommand
from tenants.management.rows import member_row
from tenants.roles import Role
from tenants.services import add_member


class Command(ConsoleCommand):
    help = (
        "Give a person a role in a tenant. Somebody without an account gets one; set their password "
        "with changepassword, until then they cannot sign in."
    )
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")
        parser.add_argument(
            "--user",
            required=True,
            metavar="USERNAME",
            help="What they sign in with, usually the e-mail address.",
        )
        parser.add_argument("--role", required=True, choices=Role.values, help="What they may do there.")
        parser.add_argument("--name", default="", help="How a new person is called on the pages.")

    def perform(self, *, tenant: str, user: str, role: str, name: str, **options: Any) -> None:
        membership = add_member(
            tenant=self.tenant(tenant),
            username=user,
            role=role,
            display_name=name,
            by=self.actor,
            reason=self.reason,
        )
        self.show(member_row(membership))
