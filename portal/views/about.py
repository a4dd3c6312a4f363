"""What is collected about the reader, and how to ask for it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from elections.collecting import collected_at
from portal.collected import Situation, ahead, by_standing, shared
from portal.views.bases import EmployeePage
from tenants.models import Membership, User
from tenants.roles import Role


class Collected(EmployeePage):
    def get(self, request: HttpRequest) -> HttpResponse:
        situation = Situation.chosen(request.GET.get("management", ""), request.GET.get("device", ""))
        now = collected_at(self.tenant)
        return self.page(
            "collected",
            situation=situation,
            parts=by_standing(now, situation),
            changes=ahead(self.tenant, now, situation),
            sharings=shared(self.tenant),
        )


class MyData(EmployeePage):
    """Whom to write to."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("my_data", officers=self._officers())

    def _officers(self) -> list[User]:
        roles = Membership.objects.for_tenant(self.tenant).filter(role=Role.PRIVACY_OFFICER)
        people = User.objects.filter(pk__in=roles.values("user"), is_active=True).exclude(email="")
        return list(people.order_by("email"))
