from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from tenants.models import Group, Tenant
from terms.management.base import TermsCommand, policy_row
from terms.services import assign_policy


class Command(TermsCommand):
    help = "Say anew whom a policy is for: everybody or some groups, and never the groups that are left out."
    changes = True

    def add_options(self, parser: CommandParser) -> None:
        self.add_policy(parser)
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("--everybody", action="store_true", help="For every employee.")
        whom.add_argument("--groups", nargs="+", default=[], metavar="GROUP", help="For these groups alone.")
        parser.add_argument(
            "--without", nargs="+", default=[], metavar="GROUP", help="But not for the members of these."
        )

    def perform(self, *, tenant: str, name: str, everybody: bool, **groups: Any) -> None:
        owner = self.tenant(tenant)
        policy = assign_policy(
            policy=self.policy(owner, name),
            by=self.actor,
            everybody=everybody,
            groups=[self._group(owner, group) for group in groups["groups"]],
            excluded=[self._group(owner, group) for group in groups["without"]],
            reason=self.reason,
        )
        self.show(policy_row(policy), f"{policy} is for {'everybody' if everybody else 'some groups'} now.")

    def _group(self, tenant: Tenant, name: str) -> Group:
        """By its id in the directory, else by its name."""
        groups = Group.objects.for_tenant(tenant)
        by_id: Group | None = groups.filter(directory_id=name).first()
        return by_id or self.find(groups, "name", name, "group")
