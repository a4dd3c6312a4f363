"""The worklist of a tenant."""

from __future__ import annotations

from collections.abc import Iterable

from privacy_console.rest.problems import BadQuery
from privacy_console.rest.viewsets import Parameter
from tenants.models import AccessToken, Tenant, User
from tenants.roles import Permission
from work.api.items import INSTANT, ItemsViewSet, choice, instant_asked, one_of
from work.worklist import Asked, Item, kinds, worklist


class WorklistViewSet(ItemsViewSet):
    """Everything that waits for somebody: first what has a due time, the nearest first, then what waits longest.

    It says what waits now. What was known at a past instant is told by the lists that it is made of.
    """

    permissions_needed = {"list": Permission.VIEW_WORKLIST}

    def query_parameters(self) -> Iterable[Parameter]:
        return (
            *super().query_parameters(),
            choice("kind", "Only what is of this kind.", [kind for kind, _ in kinds()]),
            Parameter("due_before", "Only what is due before this instant.", INSTANT),
            choice("overdue", "Only what is late (true), or everything (false).", ("true", "false")),
            choice("owner", "Only what you see to yourself; for a token, whoever made it.", ("me",)),
        )

    def asked(self) -> Asked:
        request = self.request
        kind = one_of(request, "kind", [kind for kind, _ in kinds()])
        before = instant_asked(request, "due_before")
        if one_of(request, "overdue", ("true", "false")) == "true":
            before = min(before, self.at) if before else self.at
        return Asked(frozenset({kind}) if kind else None, before, self._owner())

    def _owner(self) -> User | None:
        """Raises BadQuery where there is no person behind the request."""
        if one_of(self.request, "owner", ("me",)) is None:
            return None
        who = self.principal.created_by if isinstance(self.principal, AccessToken) else self.principal
        if not isinstance(who, User):
            raise BadQuery({"owner": ("nobody", "No person made this token: nothing is theirs.")})
        return who

    def found(self, asked: Asked) -> list[Item]:
        return worklist(self.principal, Tenant.objects.filter(pk=self.tenant.pk), self.at, asked)
