"""Employees and groups through the API."""

from __future__ import annotations

from tenants.models import GroupMember
from tenants.roles import Permission, Role
from tests.api import suite
from tests.terms.stories import a_group, colleague


class TestEmployees(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/employees/"
    permission = Permission.VIEW_DIRECTORY
    queries = 3

    def make(self, count: int) -> None:
        with self.door():
            group = a_group(self.contoso)
            for _ in range(count):
                colleague(self.contoso, group)

    def foreign(self) -> str:
        with self.door():
            return str(colleague(self.fabrikam).pk)

    def test_one_is_shown_with_its_groups_as_they_were(self) -> None:
        with self.door():
            sales = a_group(self.contoso)
            who = colleague(
                self.contoso, sales, display_name="Ada", language="de", mail="ada@contoso.example"
            )
        path = f"{self.path}{who.pk}/"
        then, answer = suite.moment(), self.reader.get(path)
        shown = answer.json()
        about = {name: shown[name] for name in ("display_name", "language", "mail", "status", "groups")}
        assert about == {
            "display_name": "Ada",
            "language": "de",
            "mail": "ada@contoso.example",
            "status": "active",
            "groups": [str(sales.pk)],
        }
        with self.door():
            GroupMember.objects.for_tenant(self.contoso).get(employee=who).delete()
        now = self.reader.get(path)
        assert now.json()["groups"] == []
        assert now["ETag"] != answer["ETag"]
        past = self.reader.get(path, {"as_of": then})
        assert (past.json(), past["ETag"]) == (shown, answer["ETag"])
        in_group = {"group": str(sales.pk)}
        assert self.reader.get(self.path, in_group).json()["results"] == []
        assert self.reader.get(self.path, in_group | {"as_of": then}).json()["results"] == [shown]

    def test_they_are_found_by_what_people_know(self) -> None:
        with self.door():
            sales, theirs = a_group(self.contoso), a_group(self.fabrikam)
            ada = colleague(self.contoso, sales, display_name="Ada Lovelace")
            colleague(self.contoso, display_name="Bo", status="left", left_at=self.contoso.created_at)
        for query, found in (
            ({"search": "lovelace"}, [ada.pk]),
            ({"search": ada.user_principal_name.upper()}, [ada.pk]),
            ({"status": "active"}, [ada.pk]),
            ({"group": str(sales.pk)}, [ada.pk]),
            ({"group": str(theirs.pk)}, []),
            ({"group": "9" * 40}, []),
            ({"group": "٣"}, []),
            ({"search": "%"}, []),
        ):
            rows = self.reader.get(self.path, query).json()["results"]
            assert [int(row["id"]) for row in rows] == found, query

    def test_nobody_writes_here(self) -> None:
        for method in ("POST", "PATCH", "DELETE"):
            self.assert_problem(self.send(self.role(Role.TENANT_ADMIN), method, self.path), 405)


class TestGroups(suite.EndpointSuite):
    path = "/api/v1/tenants/contoso/groups/"
    permission = Permission.VIEW_DIRECTORY
    queries = 3

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                colleague(self.contoso, a_group(self.contoso))

    def foreign(self) -> str:
        with self.door():
            return str(a_group(self.fabrikam).pk)

    def test_one_is_shown_with_how_many_are_in_it(self) -> None:
        with self.door():
            sales = a_group(self.contoso, "Sales")
            for _ in range(2):
                colleague(self.contoso, sales)
        shown = self.reader.get(f"{self.path}{sales.pk}/").json()
        assert shown == {
            "id": str(sales.pk),
            "directory_id": sales.directory_id,
            "name": "Sales",
            "members": 2,
        }
        assert self.reader.get(self.path, {"search": "ale"}).json()["results"] == [shown]
