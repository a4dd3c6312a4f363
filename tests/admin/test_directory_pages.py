"""The pages of employees and groups, and the import that fills them."""

from __future__ import annotations

import base64
import zlib
from typing import Any

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile

from tenants.models import Employee, Group, Tenant
from terms import services
from tests.admin.suite import TenantPageSuite, Writing, at_work
from tests.admin.test_terms_pages import decide, draft_of, employee, group_of, policy_of, publish

HEAD = "id,userPrincipalName,displayName,groups\n"
TWO = f"{HEAD}a1,ada@contoso.example,Ada,Sales|Board\nb2,ben@contoso.example,Ben,Sales\n"
BROKEN = f"{TWO}c3,,Nobody,\n"


class EmployeePageTests(TenantPageSuite):
    model = Employee
    writings = (
        Writing(
            "add",
            {"carried": lambda suite: suite.carried()},
            "directory.imported",
            frozenset({"admin", "officer"}),
            wrong={"carried": "made up"},
        ),
    )

    def make(self, tenant: Tenant, name: str) -> Employee:
        return employee(tenant)

    def carried(self, content: str = TWO, *, is_complete: bool = False) -> str:
        """What the first step would send along for whoever is signed in."""
        key = self.client.session.get("_auth_user_id") if self.client.session else None
        packed = base64.b64encode(zlib.compress(content.encode())).decode()
        file = {"content": packed, "name": "people.csv", "is_complete": is_complete}
        return signing.dumps(file, salt=f"directory.import:{self.contoso.pk}:user:{key}")

    def upload(self, content: str = TWO, **more: Any) -> Any:
        file = SimpleUploadedFile("people.csv", content.encode())
        return self.client.post(self.url("add"), {"document": file, **more})

    def confirm(self, shown: Any) -> Any:
        carried = shown.context["form"]["carried"].value()
        return self.client.post(self.url("add"), {"carried": carried}, follow=True)

    def known(self) -> set[str]:
        return set(Employee.objects.for_tenant(self.contoso).values_list("directory_id", flat=True))

    def test_first_what_it_comes_to_then_the_import(self) -> None:
        self.enter("admin")
        shown = self.upload()
        for words in ("2 new", "3 joined a group", "Keep this import", "Every line can be read"):
            self.assertContains(shown, words)
        assert self.known() == set()
        assert not Group.objects.for_tenant(self.contoso).exists()
        self.assertContains(self.confirm(shown), "Imported: 2 new, 3 joined a group.")
        assert self.known() == {"a1", "b2"}
        self.assertContains(self.confirm(self.upload()), "Imported: 2 as before.")

    def test_what_cannot_be_read_is_told_and_left_out(self) -> None:
        self.enter("officer")
        shown = self.upload(BROKEN)
        for words in ("line 4", "userprincipalname is missing", "Lines with a problem are left out"):
            self.assertContains(shown, words)
        self.confirm(shown)
        assert self.known() == {"a1", "b2"}

    def test_a_whole_directory_lets_the_others_go_but_never_for_a_broken_line(self) -> None:
        gone = self.one()
        self.enter("admin")
        refused = self.upload(BROKEN, is_complete="on")
        self.assertContains(refused, "As the whole directory the file is not taken")
        self.assertNotContains(refused, "Keep this import")
        self.assertContains(self.upload(is_complete="on"), "1 left")
        self.confirm(self.upload(is_complete="on"))
        gone.refresh_from_db()
        assert gone.status == "left"

    def test_files_that_are_none_are_refused_with_a_reason(self) -> None:
        self.enter("admin")
        for content, words in (("{", "is no JSON"), ("a,b\n1,2", "names no column"), ("", "names no column")):
            answer = self.upload(content)
            self.assertContains(answer, 'role="alert"', status_code=answer.status_code)
            assert content == "" or words in answer.content.decode(), content
        self.assertContains(self.client.post(self.url("add"), {}), "Choose a file")

    def test_what_was_shown_is_kept_for_that_person_and_tenant_only(self) -> None:
        self.enter("admin")
        carried = self.upload().context["form"]["carried"].value()
        for name in ("officer", "fabrikam_admin"):
            self.enter(name)
            self.assertContains(
                self.client.post(self.url("add"), {"carried": carried}), "Choose the files again"
            )
        assert self.known() == set()

    def test_an_operator_says_for_which_tenant(self) -> None:
        self.enter("operator")
        shown = self.upload(tenant=self.contoso.pk)
        carried = shown.context["form"]["carried"].value()
        answer = self.client.post(self.url("add"), {"carried": carried, "tenant": self.contoso.pk})
        assert answer.status_code == 302
        assert self.known() == {"a1", "b2"}

    def test_the_page_tells_where_they_stand_and_what_they_decided(self) -> None:
        with at_work():
            someone, policy = (
                employee(self.contoso, group_of(self.contoso)),
                policy_of(self.contoso, self.officer),
            )
            publish(draft_of(policy, self.officer), self.officer)
            decide(someone, policy, "declined")
        self.enter("auditor")
        shown = self.client.get(self.url("change", someone.pk))
        for words in ("Declined", str(policy), "Sales"):
            self.assertContains(shown, words)

    def test_the_state_is_a_filter(self) -> None:
        someone = self.one()
        self.enter("auditor")
        url = f'"{self.url("change", someone.pk)}'
        self.assertContains(self.client.get(self.url("changelist"), {"status__exact": "active"}), url)
        self.assertNotContains(self.client.get(self.url("changelist"), {"status__exact": "left"}), url)


class GroupPageTests(TenantPageSuite):
    model = Group

    def make(self, tenant: Tenant, name: str) -> Group:
        group = group_of(tenant, name)
        employee(tenant, group)
        return group

    def test_the_page_tells_who_is_in_it_and_which_terms_name_it(self) -> None:
        group = self.one()
        with at_work():
            someone = employee(self.contoso, group)
            policy = policy_of(self.contoso, self.officer)
            services.assign_policy(policy=policy, by=self.officer, everybody=True, excluded=[group])
        self.enter("auditor")
        shown = self.client.get(self.url("change", group.pk))
        for words in ("Members: 2", someone.user_principal_name, "Left out", str(policy)):
            self.assertContains(shown, words)
