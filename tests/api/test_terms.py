"""Terms through the API: policies, versions, the log, and who owes what."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone

from audit.models import AuditEvent
from tenants.models import Tenant, User
from tenants.roles import Permission, Role
from terms import services
from terms.imports.reading import How, Reading, document_of
from terms.models import Acceptance, AcceptanceImport, TermsPolicy, TermsRevision, TermsVersion
from terms.receipts import is_genuine
from tests.api import suite
from tests.terms.stories import WORDS, a_group, colleague, corrected, decided, published

_number = itertools.count(1)
TERMS = "/api/v1/tenants/contoso/terms/"
WHY = {"reason": "Agreed with the works council"}
TEXTS = {"texts": [{"language": "en", **WORDS}]}
GERMAN = {"texts": [{"language": "de", **WORDS}]}


def _told(answer: Any) -> tuple[int, ...]:
    return tuple(answer.json()[name] for name in ("reminded", "unreachable", "lately"))


class OfPolicies:
    """Policies of either tenant."""

    permission = Permission.VIEW_TERMS
    writer = Role.PRIVACY_OFFICER
    operator: User

    @classmethod
    def a_policy(cls, tenant: Tenant, **settings: Any) -> TermsPolicy:
        given = {"name": f"Phones {next(_number)}"} | settings
        return services.create_policy(tenant=tenant, by=cls.operator, **given)

    @classmethod
    def in_force(cls, tenant: Tenant, **settings: Any) -> TermsPolicy:
        policy = cls.a_policy(tenant, **settings)
        published(policy, cls.operator)
        return policy


class TestPolicies(OfPolicies, suite.EndpointSuite):
    path = TERMS
    queries = 4
    writes = (
        suite.Write(
            "POST", Permission.DRAFT_TERMS, "terms.created", body={"name": "Tablets"}, text_field="description"
        ),
        suite.Write(
            "PATCH",
            Permission.DRAFT_TERMS,
            "terms.changed",
            "{id}/",
            {"reaccept_months": 12},
            needs_tag=True,
            text_field="name",
        ),
        suite.Write(
            "POST", Permission.DRAFT_TERMS, "terms.assigned", "{id}/assign/", {"everybody": False},
            text_field="reason",
        ),
        suite.Write(
            "POST", Permission.PUBLISH_TERMS, "terms.retired", "{id}/retire/", WHY, text_field="reason"
        ),
        suite.Write("POST", Permission.CHASE_TERMS, "terms.reminded", "{id}/remind/", WHY, text_field="reason"),
    )  # fmt: skip

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                policy = self.in_force(self.contoso)
                services.assign_policy(
                    policy=policy, by=self.operator, everybody=False, groups=[a_group(self.contoso)]
                )

    def fresh(self, write: suite.Write) -> str:
        with self.door():
            if write.activity != "terms.reminded":
                return str(self.a_policy(self.contoso).pk)
            colleague(self.contoso)
            return str(self.in_force(self.contoso).pk)

    def foreign(self) -> str:
        with self.door():
            return str(self.a_policy(self.fabrikam).pk)

    def test_made_assigned_and_retired(self) -> None:
        officer = self.role(Role.PRIVACY_OFFICER)
        made = self.send(officer, "POST", self.path, {"name": "Phones", "reaccept_months": 6})
        body = made.json()
        assert made.status_code == 201
        assert (body["for_everybody"], body["version"], body["draft"], body["retired_at"]) == (
            True,
            None,
            None,
            None,
        )
        with self.door():
            sales, berlin = a_group(self.contoso), a_group(self.contoso, "Berlin")
        path = f"{self.path}{body['id']}/"
        wanted = {"everybody": False, "groups": [str(sales.pk)], "excluded": [str(berlin.pk)]}
        then = suite.moment()
        assigned = self.send(officer, "POST", f"{path}assign/", wanted)
        assert (assigned.json()["groups"], assigned.json()["excluded"]) == (
            wanted["groups"],
            wanted["excluded"],
        )
        assert assigned["ETag"] != made["ETag"]
        assert self.reader.get(path)["ETag"] == assigned["ETag"]
        past = self.reader.get(path, {"as_of": then})
        assert (past.json(), past["ETag"]) == (body, made["ETag"])
        retired = self.send(officer, "POST", f"{path}retire/", WHY).json()
        assert retired["retired_at"]
        assert self.reader.get(self.path, {"retired": "false"}).json()["results"] == []
        again = self.send(officer, "POST", f"{path}retire/", WHY)
        self.assert_problem(again, 409, code="retired")

    def test_those_who_owe_a_decision_are_reminded(self) -> None:
        admin = self.role(Role.TENANT_ADMIN)
        with self.door():
            policy, who = self.in_force(self.contoso), [colleague(self.contoso) for _ in range(2)]
            theirs = colleague(self.fabrikam)
        path = f"{self.path}{policy.pk}/"
        chosen = self.send(admin, "POST", f"{path}remind/", {"employees": [str(who[0].pk)]})
        assert _told(chosen) == (1, 0, 0)
        everybody = self.send(admin, "POST", f"{path}remind/", {})
        assert _told(everybody) == (1, 0, 1)
        unknown = self.send(admin, "POST", f"{path}remind/", {"employees": [str(theirs.pk)]})
        self.assert_problem(unknown, 400, code="unknown_employee")
        row = self.reader.get(f"{path}outstanding/").json()["results"][0]
        assert (row["reminders"], row["reachable"], row["reminded_next_at"]) == (1, True, None)
        assert row["last_reminded_at"] > row["since"]

    def test_how_acceptance_went(self) -> None:
        with self.door():
            policy, sales = self.in_force(self.contoso), a_group(self.contoso)
            decided(colleague(self.contoso), policy)
            colleague(self.contoso, sales)
        path = f"{self.path}{policy.pk}/progress-over-time/"
        course = self.reader.get(path).json()
        assert course["step"] == "day"
        assert {**course["points"][-1], "at": ""} == {
            "at": "",
            "version": 1,
            "accepted_latest": 1,
            "accepted_older": 0,
            "declined": 0,
            "outstanding": 1,
            "percent": 50.0,
        }
        of_sales = self.reader.get(path, {"group": str(sales.pk), "step": "month"}).json()
        assert (of_sales["step"], of_sales["points"][-1]["percent"]) == ("month", 0.0)
        assert self.reader.get(path, {"as_of": "2020-01-01T00:00:00Z"}).status_code == 404
        for query in ("step=hour", "group=0", "colour=red"):
            self.assert_problem(self.reader.get(f"{path}?{query}"), 400)

    def test_what_is_wrong_is_said_at_its_place(self) -> None:
        officer = self.role(Role.PRIVACY_OFFICER)
        for name, bad in (
            ("name", ""),
            ("default_language", "klingon!"),
            ("reaccept_months", 0),
            ("reaccept_months", 1.5),
            ("remind_days", 91),
            ("four_eyes", "perhaps"),
        ):
            answer = self.send(officer, "POST", self.path, {"name": "Phones", name: bad})
            self.assert_problem(answer, 400, f"#/{name}")

    def test_groups_that_are_not_there_or_elsewhere(self) -> None:
        path = f"{self.path}{self.fresh(self.writes[0])}/assign/"
        with self.door():
            ours, theirs = a_group(self.contoso), a_group(self.fabrikam)
        officer = self.role(Role.PRIVACY_OFFICER)
        for groups in ([str(theirs.pk)], ["987654321"], ["9" * 19], [str(ours.pk), "0"]):
            for name in ("groups", "excluded"):
                answer = self.send(officer, "POST", path, {"everybody": False, name: groups})
                self.assert_problem(answer, 400, f"#/{name}", "unknown_group")
        for body, pointer in (
            ({"everybody": True, "groups": [str(ours.pk)]}, "#/groups"),
            ({"everybody": False, "groups": [str(ours.pk)], "excluded": [str(ours.pk)]}, "#/excluded"),
            ({}, "#/everybody"),
            ({"everybody": False, "groups": "all"}, "#/groups"),
        ):
            self.assert_problem(self.send(officer, "POST", path, body), 400, pointer)

    def test_an_admin_cannot_give_up_the_four_eyes(self) -> None:
        with self.door():
            policy = self.a_policy(self.contoso, four_eyes=True)
        path, tag = f"{self.path}{policy.pk}/", {"If-Match": "*"}
        change = {"four_eyes": False}
        self.assert_problem(self.send(self.role(Role.TENANT_ADMIN), "PATCH", path, change, **tag), 403)
        done = self.send(self.role(Role.PRIVACY_OFFICER), "PATCH", path, change, **tag)
        assert done.json()["four_eyes"] is False

    def test_a_version_that_begins_moves_the_tag(self) -> None:
        with self.door():
            policy = self.in_force(self.contoso)
            begins = timezone.now() + timedelta(seconds=1)
            published(policy, self.operator, effective_from=begins)
        path = f"{self.path}{policy.pk}/"
        first = self.reader.get(path)
        assert first.json()["version"] == 1
        while timezone.now() <= begins:
            pass
        second = self.reader.get(path, headers={"If-None-Match": first["ETag"]})
        assert second.json()["version"] == 2

    def test_progress(self) -> None:
        with self.door():
            policy, sales = self.in_force(self.contoso), a_group(self.contoso)
            people = [colleague(self.contoso, sales), colleague(self.contoso), colleague(self.contoso)]
        path = f"{self.path}{policy.pk}/progress/"
        then = suite.moment()
        decided(people[0], policy)
        decided(people[1], policy, "declined")
        shown = self.reader.get(path).json()
        assert shown.pop("at")
        assert shown == {
            "version": 1,
            "asked": 3,
            "accepted_latest": 1,
            "accepted_older": 0,
            "declined": 1,
            "outstanding": 1,
            "percent": 33.3,
        }
        assert self.reader.get(path, {"group": str(sales.pk)}).json()["percent"] == 100.0
        assert self.reader.get(path, {"as_of": then}).json()["outstanding"] == 3
        with self.door():
            theirs = a_group(self.fabrikam)
        for group in (str(theirs.pk), "x", "9" * 30, "٣"):
            self.assert_problem(self.reader.get(path, {"group": group}), 400, "?group")


class TestVersions(OfPolicies, suite.EndpointSuite):
    queries = 6
    policy: ClassVar[TermsPolicy]
    theirs: ClassVar[TermsPolicy]
    writes = (
        suite.Write("POST", Permission.DRAFT_TERMS, "terms.drafted", body=TEXTS),
        suite.Write("PATCH", Permission.DRAFT_TERMS, "terms.written", "{id}/", GERMAN, needs_tag=True),
        suite.Write(
            "POST", Permission.PUBLISH_TERMS, "terms.published", "{id}/publish/", WHY, text_field="reason"
        ),
        suite.Write(
            "POST", Permission.DRAFT_TERMS, "terms.drafted", "{id}/revise/", {"note": "A comma"},
            text_field="note",
        ),
        suite.Write(
            "POST", Permission.PUBLISH_TERMS, "terms.published", "{id}/publish-revision/", WHY,
            text_field="reason",
        ),
    )  # fmt: skip

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with cls.door():
            cls.policy, cls.theirs = cls.a_policy(cls.contoso), cls.a_policy(cls.fabrikam)
            published(cls.theirs, cls.operator)
        cls.path = f"{TERMS}{cls.policy.pk}/versions/"

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                self._publish_draft()
                published(self.policy, self.operator, "en", "de")

    def _publish_draft(self) -> None:
        drafts = TermsVersion.objects.for_tenant(self.contoso).filter(policy=self.policy, status="draft")
        for version in drafts:
            revision = TermsRevision.objects.for_tenant(self.contoso).get(version=version)
            services.write_text(revision=revision, language="en", by=self.operator, **WORDS)
            services.publish_version(version=version, by=self.operator, reason="Agreed")

    def fresh(self, write: suite.Write) -> str:
        """A draft, a published version, or one that is being corrected."""
        versions = TermsVersion.objects.for_tenant(self.contoso).filter(policy=self.policy)
        with self.door():
            if write.path in ("{id}/", "{id}/publish/"):
                draft = versions.filter(status="draft").first()
                if draft is None:
                    draft = services.draft_version(policy=self.policy, by=self.operator).version
                    revision = TermsRevision.objects.for_tenant(self.contoso).get(version=draft)
                    services.write_text(revision=revision, language="en", by=self.operator, **WORDS)
                return str(draft.number)
            self.make(1)
            newest = versions.order_by("-number")[0]
            if "publish" in write.path:
                services.draft_revision(version=newest, note="A comma", by=self.operator)
            return str(newest.number)

    def foreign(self) -> str:
        """Theirs has the number 1 in a policy of its own; here it is that policy that is not there."""
        return "77"

    def test_another_tenants_policy_is_like_a_missing_one(self) -> None:
        self.make(1)
        for terms in (self.theirs.pk, 987654321, 9 * 10**18):
            path = f"{TERMS}{terms}/versions/"
            officer = self.role(Role.PRIVACY_OFFICER)
            for address in (path, f"{path}1/", f"{path}1/difference/?to=1", f"{TERMS}{terms}/acceptances/"):
                self.assert_problem(self.reader.get(address), 404)
            self.assert_problem(self.send(officer, "POST", path, TEXTS), 404)
            self.assert_problem(self.send(officer, "POST", f"{path}1/publish/", WHY), 404)

    def test_drafted_written_published_and_corrected(self) -> None:
        admin, officer = self.role(Role.TENANT_ADMIN), self.role(Role.PRIVACY_OFFICER)
        drafted = self.send(admin, "POST", self.path, TEXTS)
        assert drafted.status_code == 201
        assert (drafted.json()["id"], drafted.json()["state"]) == ("1", "draft")
        path = f"{self.path}1/"
        german = {"texts": [{"language": "de", **WORDS, "title": "Telefone"}]}
        written = self.send(admin, "PATCH", path, german, **{"If-Match": drafted["ETag"]})
        assert [text["title"] for text in written.json()["revisions"][0]["texts"]] == [
            "Telefone",
            WORDS["title"],
        ]
        stale = self.send(admin, "PATCH", path, german, **{"If-Match": drafted["ETag"]})
        self.assert_problem(stale, 412)
        words = [{"language": language, **WORDS} for language in ("fr", "DE", "de")]
        for texts, pointer in (
            (words, "#/texts"),
            ([words[0], words[1] | {"title": "a\u202eb"}], "#/texts/1/title"),
        ):
            refused = self.send(admin, "PATCH", path, {"texts": texts}, **{"If-Match": written["ETag"]})
            self.assert_problem(refused, 400, pointer)
        assert len(written.json()["revisions"][0]["texts"]) == 2
        done = self.send(officer, "POST", f"{path}publish/", {**WHY, "grace_days": 7}).json()
        assert (done["state"], done["grace_days"], done["revisions"][0]["publish_reason"]) == (
            "asked",
            7,
            WHY["reason"],
        )
        assert all(len(text["sha256"]) == 64 for text in done["revisions"][0]["texts"])
        refused = self.send(admin, "PATCH", path, german, **{"If-Match": "*"})
        self.assert_problem(refused, 409, code="published")
        body = {"note": "A comma", "texts": [{"language": "en", **WORDS, "body": "Keep it, locked."}]}
        revised = self.send(admin, "POST", f"{path}revise/", body).json()
        assert [one["status"] for one in revised["revisions"]] == ["draft", "published"]
        self.assert_problem(self.send(admin, "POST", f"{path}revise/", body), 409, code="drafted")
        shown = self.send(officer, "POST", f"{path}publish-revision/", WHY).json()
        assert [one["status"] for one in shown["revisions"]] == ["published", "published"]
        assert shown["effective_from"] == done["effective_from"]

    def test_the_list_leaves_the_long_parts_out(self) -> None:
        self.make(1)
        listed = self.reader.get(self.path).json()["results"][0]["revisions"][0]["texts"][0]
        assert set(listed) == {"language", "title", "sha256"}

    def test_what_each_version_is_at_an_instant(self) -> None:
        self.make(2)
        begins = timezone.now() + timedelta(days=1)
        with self.door():
            published(self.policy, self.operator, effective_from=begins)
            services.draft_version(policy=self.policy, by=self.operator)
        states = {row["id"]: row["state"] for row in self.reader.get(self.path).json()["results"]}
        assert states == {"4": "draft", "3": "scheduled", "2": "asked", "1": "superseded"}

    def test_words_that_are_refused(self) -> None:
        officer = self.role(Role.PRIVACY_OFFICER)
        for name, bad in (("body", "a\u202eb"), ("title", "two\nlines"), ("language", "klingon!")):
            answer = self.send(officer, "POST", self.path, {"texts": [{**TEXTS["texts"][0], name: bad}]})
            self.assert_problem(answer, 400, f"#/texts/0/{name}")
        for texts, pointer in (
            ([{"language": "en"}], "#/texts/0/title"),
            ([{**TEXTS["texts"][0], "html": "x"}], "#/texts/0/html"),
            ("words", "#/texts"),
        ):
            self.assert_problem(self.send(officer, "POST", self.path, {"texts": texts}), 400, pointer)
        large = {"texts": [{**TEXTS["texts"][0], "body": "x" * 5_000_000}]}
        assert self.send(officer, "POST", self.path, large).status_code in (400, 413)
        assert not TermsVersion.objects.for_tenant(self.contoso).exists()

    def test_side_by_side(self) -> None:
        self.make(2)
        with self.door():
            first = TermsVersion.objects.for_tenant(self.contoso).get(policy=self.policy, number=1)
            corrected(first, self.operator, body="# Rules\n\nKeep it safe.")
        path = f"{self.path}1/difference/"
        found = self.reader.get(path, {"to": "2", "revision": "1"}).json()
        assert (found["before"], found["after"], found["language"]) == ("1.1", "2.0", "en")
        assert {part["name"]: part["is_same"] for part in found["parts"]} == {
            "title": True, "summary": True, "body": False, "privacy_statement": True,
        }  # fmt: skip
        changed = [row for part in found["parts"] for row in part["rows"] if row["kind"] == "changed"]
        assert [piece["words"] for piece in changed[0]["after"] if piece["changed"]] == ["locked"]
        same = self.reader.get(path, {"to": "2", "revision": "0"}).json()
        assert all(part["is_same"] for part in same["parts"])
        assert self.reader.get(path, {"to": "1.0", "language": "de"}).status_code == 200
        unasked = self.reader.get(f"{self.path}2/difference/").json()
        assert (unasked["before"], unasked["after"]) == ("1.1", "2.0")
        for query, pointer in (
            ({"to": "x"}, "?to"),
            ({"to": "77"}, "?to"),
            ({"to": "2.7"}, "?to"),
            ({"to": "9" * 9}, "?to"),
            ({"to": "2", "revision": "7"}, "?revision"),
        ):
            self.assert_problem(self.reader.get(path, query), 400, pointer)


class TestAcceptances(OfPolicies, suite.EndpointSuite):
    queries = 3
    policy: ClassVar[TermsPolicy]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with cls.door():
            cls.policy = cls.in_force(cls.contoso)
        cls.path = f"{TERMS}{cls.policy.pk}/acceptances/"

    def make(self, count: int) -> None:
        for _ in range(count):
            decided(colleague(self.contoso), self.policy)

    def foreign(self) -> str:
        with self.door():
            theirs = self.in_force(self.fabrikam)
        return str(decided(colleague(self.fabrikam), theirs).pk)

    def test_one_is_shown_whole_and_its_receipt_verifies(self) -> None:
        who = colleague(self.contoso)
        declined = decided(who, self.policy, "declined", address="203.0.113.9")
        accepted = decided(who, self.policy)
        shown = self.reader.get(f"{self.path}{accepted.pk}/").json()
        about = {name: shown[name] for name in ("version", "revision", "decision", "surface", "supersedes")}
        assert about == {
            "version": 1,
            "revision": 0,
            "decision": "accepted",
            "surface": "portal",
            "supersedes": str(declined.pk),
        }
        assert self.reader.get(f"{self.path}{declined.pk}/").json()["network"] == "203.0.113.0/24"
        receipt = self.reader.get(f"{self.path}{accepted.pk}/receipt/").json()
        assert is_genuine(receipt)
        assert not is_genuine(receipt | {"decision": "declined"})

    def test_what_came_on_paper_has_no_receipt(self) -> None:
        version = TermsVersion.objects.for_tenant(self.contoso).get(policy=self.policy)
        who = colleague(self.contoso)
        paper = Acceptance.objects.for_tenant(self.contoso).create(
            tenant=self.contoso, employee=who, policy=self.policy, version=version, directory_id=who.directory_id,
            user_principal_name=who.user_principal_name, decided_at=timezone.now(), decision="accepted",
            surface="paper", trigger="new",
        )  # fmt: skip
        assert self.reader.get(f"{self.path}{paper.pk}/").json()["revision"] is None
        answer = self.reader.get(f"{self.path}{paper.pk}/receipt/")
        self.assert_problem(answer, 409, code="not_signed")

    def test_they_are_found_by_person_and_decision(self) -> None:
        who, other = colleague(self.contoso), colleague(self.contoso)
        done, declined = decided(who, self.policy), decided(other, self.policy, "declined")
        for query, found in (
            ({"employee": who.directory_id}, [done.pk]),
            ({"user_principal_name": other.user_principal_name.upper()}, [declined.pk]),
            ({"decision": "accepted"}, [done.pk]),
            ({"surface": "paper"}, []),
        ):
            rows = self.reader.get(self.path, query).json()["results"]
            assert [int(row["id"]) for row in rows] == found, query

    def test_another_policys_are_not_among_them(self) -> None:
        with self.door():
            other = self.in_force(self.contoso)
        done = decided(colleague(self.contoso), other)
        self.assert_problem(self.reader.get(f"{self.path}{done.pk}/"), 404)

    def test_nobody_writes_here(self) -> None:
        self.make(1)
        officer = self.role(Role.PRIVACY_OFFICER)
        count = AuditEvent.objects.for_tenant(self.contoso).count()
        for method, path in (("POST", ""), ("PATCH", f"{self.own()}/"), ("DELETE", f"{self.own()}/")):
            self.assert_problem(self.send(officer, method, self.path + path), 405)
        assert AuditEvent.objects.for_tenant(self.contoso).count() == count


REPORT = "User name;UPN;Accepted version;Accepted time\nAda;{};1;2023-07-04T07:57:43Z\n"


class TestAcceptanceImports(OfPolicies, suite.EndpointSuite):
    queries = 3
    policy: ClassVar[TermsPolicy]
    writes = (
        suite.Write(
            "POST", Permission.CHASE_TERMS, "terms.acceptances_imported", body={"report": REPORT, "name": "report.csv"},
            text_field="name",
        ),
    )  # fmt: skip

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with cls.door():
            cls.policy = cls.in_force(cls.contoso)
        cls.path = f"{TERMS}{cls.policy.pk}/acceptance-imports/"

    def imported(self, policy: TermsPolicy) -> str:
        documents = [document_of("report.csv", REPORT.encode())]
        made = services.import_acceptances(policy=policy, by=self.operator, reading=Reading(documents, How()))
        return str(made.pk)

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                self.imported(self.policy)

    def own(self) -> str:
        if not AcceptanceImport.objects.for_tenant(self.contoso).exists():
            self.make(1)
        return super().own()

    def foreign(self) -> str:
        with self.door():
            return self.imported(self.in_force(self.fabrikam))

    def ask(self, query: str = "", **body: Any) -> Any:
        return self.send(self.role(Role.TENANT_ADMIN), "POST", f"{self.path}{query}", body)

    def test_a_report_and_answers_come_to_the_same(self) -> None:
        with self.door():
            who = colleague(self.contoso)
        report = REPORT.replace("2023-07-04T07:57:43Z", "04/07/2023 09:57").format(who.user_principal_name)
        how: dict[str, Any] = {"dates": "day_first", "time_zone": "Europe/Berlin", "versions": {"5": 1}}
        dry = self.ask("?dry_run=true", report=report, **how)
        assert (dry.status_code, dry.json()["id"], dry.json()["recorded"]) == (200, None, 1)
        assert not Acceptance.objects.for_tenant(self.contoso).exists()
        made = self.ask(report=report, **how).json()
        own = {"id": None, "imported_at": None, "imported_by": ""}
        assert made | own == dry.json()
        assert made["settings"] == how
        assert self.reader.get(f"{self.path}{made['id']}/").json() == made
        status = {
            "id": "1", "userPrincipalName": who.user_principal_name, "acceptedVersion": 1,
            "acceptedDateTime": "2023-07-04T07:57:43Z",
        }  # fmt: skip
        again = self.ask(documents=[{"value": [status, {}]}]).json()
        assert (again["already_recorded"], again["left_out"]) == (1, 1)
        assert again["problems"][0]["pointer"] == "/documents/0/value/1"
        [kept] = self.reader.get(f"{TERMS}{self.policy.pk}/acceptances/").json()["results"]
        assert (kept["acceptance_import"], kept["surface"], kept["decided_at"]) == (
            made["id"],
            "company_portal",
            "2023-07-04T07:57:00Z",
        )

    def test_what_is_wrong_is_said_and_nothing_is_kept(self) -> None:
        for body, pointer in (
            ({}, "#/report"),
            ({"report": REPORT, "documents": [{}]}, "#/report"),
            ({"report": REPORT, "dates": "year_first"}, "#/dates"),
            ({"report": REPORT, "time_zone": "Mars/Olympus"}, "#/time_zone"),
            ({"report": REPORT, "versions": {"one": 1}}, "#/versions"),
            ({"report": REPORT, "versions": {"1": -1}}, "#/versions"),
        ):
            answer = self.ask(**body)
            assert answer.status_code == 400, body
            assert answer.json()["errors"][0]["pointer"].startswith(pointer), body
        self.assert_problem(self.ask(report="Name;Mail"), 409, code="columns")
        self.assert_problem(
            self.ask(report=REPORT.replace("2023-07-04T", "04/05/2023 ")), 409, code="ambiguous_dates"
        )
        assert not AcceptanceImport.objects.for_tenant(self.contoso).exists()


class TestOutstanding(suite.ListSuite):
    permission = Permission.VIEW_TERMS
    queries = 7
    policy: ClassVar[TermsPolicy]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with cls.door():
            cls.policy = services.create_policy(tenant=cls.contoso, name="Phones", by=cls.operator)
            published(cls.policy, cls.operator)
        cls.path = f"{TERMS}{cls.policy.pk}/outstanding/"

    def make(self, count: int) -> None:
        with self.door():
            for _ in range(count):
                colleague(self.contoso)

    def test_who_owes_a_decision_now_and_then(self) -> None:
        with self.door():
            who, other, done = (colleague(self.contoso) for _ in range(3))
        then = suite.moment()
        decided(other, self.policy, "declined")
        decided(done, self.policy)
        rows = self.reader.get(self.path).json()["results"]
        assert {row["id"]: row["standing"] for row in rows} == {
            str(who.pk): "outstanding",
            str(other.pk): "declined",
        }
        assert len(self.reader.get(self.path, {"as_of": then}).json()["results"]) == 3
        found = self.reader.get(self.path, {"search": who.user_principal_name}).json()["results"]
        assert [row["id"] for row in found] == [str(who.pk)]
