"""Employees come in from files: taken over whole, or refused with every reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import AuditEvent
from privacy_console.errors import Refused
from tenants.directory import Imported, import_people
from tenants.models import Employee, Group, GroupMember
from tests.cast import CastTestCase

CSV = """id,userPrincipalName,displayName,mail,preferredLanguage,accountEnabled,groups
u1,ada@contoso.example,Ada,ada@contoso.example,de-DE,true,sales|berlin
u2,bo@contoso.example,Bo,,en,True,sales
u3,cleo@contoso.example,Cleo,,,false,
"""
GRAPH = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users",
    "value": [
        {
            "id": "u1",
            "userPrincipalName": "ada@contoso.example",
            "displayName": "Ada",
            "mail": None,
            "preferredLanguage": None,
            "accountEnabled": True,
            "memberOf": [
                {"@odata.type": "#microsoft.graph.group", "id": "g1", "displayName": "Sales"},
                {"@odata.type": "#microsoft.graph.directoryRole", "id": "r1", "displayName": "Reader"},
            ],
        }
    ],
}


class Importing(CastTestCase):
    def take(self, content: str | bytes | dict[str, Any], **options: Any) -> Imported:
        if isinstance(content, dict):
            content = json.dumps(content)
        content = content if isinstance(content, bytes) else content.encode()
        given: dict[str, Any] = {"tenant": self.contoso, "by": self.admin, "source": "people.csv"} | options
        return import_people(content=content, **given)

    def refusal(self, content: str | bytes | dict[str, Any], **options: Any) -> str:
        with pytest.raises(Refused) as refused:
            self.take(content, **options)
        assert not Employee.objects.for_tenant(self.contoso).exists()
        return refused.value.detail

    def people(self) -> dict[str, Employee]:
        return {e.directory_id: e for e in Employee.objects.for_tenant(self.contoso)}

    def test_a_csv_file(self) -> None:
        outcome = self.take(CSV)
        assert (outcome.added, outcome.joined_groups) == (3, 3)
        people = self.people()
        assert people["u1"].language == "de-DE"
        assert not people["u3"].is_active
        assert people["u3"].left_at is not None
        assert sorted(people["u1"].groups.values_list("name", flat=True)) == ["berlin", "sales"]

    def test_each_person_and_the_import_are_in_the_trail(self) -> None:
        self.take(CSV, reason="first import")
        events = AuditEvent.objects.for_tenant(self.contoso).filter(activity="directory.imported")
        of_people = events.filter(resource_type="tenants.employee")
        assert {event.resource_name for event in of_people} == {"u1", "u2", "u3"}
        whole = events.exclude(resource_type="tenants.employee").get()
        assert whole.resource_name == "people.csv"
        assert (whole.details or {})["added"] == 3

    def test_the_same_file_again_changes_nothing(self) -> None:
        self.take(CSV)
        rows = Employee.history.for_tenant(self.contoso).count()
        outcome = self.take(CSV)
        assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 0, 3)
        assert Employee.history.for_tenant(self.contoso).count() == rows

    def test_changed_back_gone_and_in_other_groups(self) -> None:
        self.take(CSV)
        second = CSV.replace("Ada,", "Ada L.,").replace("false", "true").replace("sales|berlin", "berlin")
        outcome = self.take(second)
        assert (outcome.changed, outcome.returned, outcome.left_groups) == (1, 1, 1)
        assert self.people()["u1"].display_name == "Ada L."
        assert self.people()["u3"].left_at is None

    def test_who_is_missing_has_left_only_where_the_file_is_the_whole_directory(self) -> None:
        self.take(CSV)
        only_ada = "\n".join(CSV.splitlines()[:2])
        assert self.take(only_ada).left == 0
        assert self.take(only_ada, is_complete=True).left == 1
        assert not self.people()["u2"].is_active

    def test_what_graph_answers(self) -> None:
        self.take(GRAPH)
        assert self.people()["u1"].groups.get().name == "Sales"

    def test_a_group_that_is_called_otherwise_is_the_same_one(self) -> None:
        self.take(GRAPH)
        self.take(json.loads(json.dumps(GRAPH).replace("Sales", "Sales and service")))
        assert Group.objects.for_tenant(self.contoso).get().name == "Sales and service"

    def test_without_a_column_of_groups_the_groups_stay(self) -> None:
        self.take(CSV)
        self.take("id;userPrincipalName\nu1;ada@contoso.example\n")
        assert GroupMember.objects.for_tenant(self.contoso).count() == 3

    def test_other_spellings_of_the_same_file(self) -> None:
        for content in (
            b"\xef\xbb\xbf" + CSV.encode(),
            CSV.replace(",", ";").encode(),
            CSV.replace("\n", "\r\n").encode(),
            CSV.encode("utf-16"),
            CSV.replace("userPrincipalName", "User principal name").encode(),
        ):
            assert self.take(content).problems == []
        assert len(self.people()) == 3

    def test_problems_are_told_all_at_once_and_nothing_is_taken(self) -> None:
        told = self.refusal(
            "id,userPrincipalName,mail,preferredLanguage,accountEnabled\n"
            ",ada@contoso.example,,,\n"
            "u2,,,,\n"
            "u3,cleo@contoso.example,nowhere,,\n"
            "u4,dan@contoso.example,,german!,\n"
            "u5,eve@contoso.example,,,maybe\n"
            "u6,fay@contoso.example,,,\n"
            "u6,fay@contoso.example,,,\n"
        )
        for part in (
            "line 2: id is missing",
            "line 3: userprincipalname is missing",
            "line 4: 'nowhere' is no e-mail address",
            "line 5: 'german!' is no language",
            "line 6: accountEnabled is 'maybe'",
            "line 8: the id u6 stood there before",
        ):
            assert part in told

    def test_problems_can_be_left_out(self) -> None:
        outcome = self.take(CSV + ",nobody,,,,,\n", skip_problems=True)
        assert (outcome.added, len(outcome.problems)) == (3, 1)

    def test_what_is_no_file_of_people(self) -> None:
        assert "names no column id" in self.refusal("name,age\nx,1\n")
        assert "no column id" in self.refusal("")
        assert "is no JSON" in self.refusal('{"value": [')
        assert "no list" in self.refusal({"error": "x"})
        assert "not UTF-8" in self.refusal(b"id,userPrincipalName\n\xff,x\n")
        assert "goes on" in self.refusal(
            GRAPH | {"@odata.nextLink": "https://graph.microsoft.com/v1.0/users?x"}
        )
        assert "wrong type" in self.refusal({"value": [{"id": 1, "userPrincipalName": "x"}]})
        assert "it is no object" in self.refusal({"value": [1]})

    def test_by_those_who_may(self) -> None:
        with pytest.raises(PermissionDenied):
            self.take(CSV, by=self.auditor)
        with pytest.raises(PermissionDenied):
            self.take(CSV, by=self.fabrikam_admin)

    def test_another_tenants_people_are_others(self) -> None:
        self.take(CSV)
        self.take(CSV, tenant=self.fabrikam, by=self.fabrikam_admin)
        assert Employee.objects.for_tenant(self.fabrikam).count() == 3
        assert Employee.objects.for_tenant(self.contoso).count() == 3
