"""The pages of terms, of their wordings and of what was decided about them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from tenants.models import Employee, Group, GroupMember, Tenant
from terms import services
from terms.admin import policies as policies_pages
from terms.admin.overview import overviews
from terms.imports.reading import How, Reading, document_of
from terms.models import Acceptance, AcceptanceImport, TermsPolicy, TermsRevision, TermsText
from terms.progress import progress
from terms.services.acceptances import Circumstances
from terms.tallying import count_again
from tests.admin.suite import TenantPageSuite, Writing, at_work

_numbers = itertools.count(1)
DRAFTERS = frozenset({"admin", "officer", "operator"})
PUBLISHERS = frozenset({"officer", "operator"})
NO_PUBLISHERS = frozenset({"admin", "auditor"})
SETTINGS = {"name": "Phones", "default_language": "en", "remind_at_most": "5"}
NEW_NAME = {"name": lambda suite: f"Phones {next(_numbers)}"}
WORDS = {
    "language": "de",
    "title": "Telefone",
    "summary": "Sie **stimmen zu**.",
    "body": "# Regeln\n\nSperren.",
}


def employee(tenant: Tenant, *groups: Group) -> Employee:
    name = f"colleague{next(_numbers)}"
    made: Employee = Employee.objects.for_tenant(tenant).create(
        tenant=tenant,
        directory_id=name,
        user_principal_name=f"{name}@{tenant.slug}.example",
        display_name=name.capitalize(),
    )
    for group in groups:
        GroupMember.objects.for_tenant(tenant).create(tenant=tenant, employee=made, group=group)
    return made


def group_of(tenant: Tenant, name: str = "Sales") -> Group:
    made: Group = Group.objects.for_tenant(tenant).create(
        tenant=tenant, directory_id=f"group-{next(_numbers)}", name=name
    )
    return made


def policy_of(tenant: Tenant, by: Any, name: str = "Phones", **settings: Any) -> TermsPolicy:
    return services.create_policy(tenant=tenant, name=f"{name} {next(_numbers)}", by=by, **settings)


def draft_of(policy: TermsPolicy, by: Any, body: str = "Lock it.", language: str = "en") -> TermsRevision:
    revision = services.draft_version(policy=policy, by=by)
    services.write_text(
        revision=revision,
        language=language,
        title="Use of phones",
        summary="You agree to **this**.",
        body=body,
        by=by,
    )
    return revision


def publish(revision: TermsRevision, by: Any, **when: Any) -> None:
    services.publish_version(version=revision.version, by=by, reason="Agreed.", **when)


def decide(employee: Employee, policy: TermsPolicy, decision: str = "accepted") -> Acceptance:
    shown = services.show(employee=employee, policy=policy, languages=["en"])
    return services.decide(
        employee=employee,
        policy=policy,
        ticket=shown.ticket,
        decision=decision,
        circumstances=Circumstances(button="I accept", session="s", address="192.0.2.17", device="Phone"),
    )


class PolicyPageTests(TenantPageSuite):
    model = TermsPolicy
    writings = (
        Writing("add", SETTINGS | NEW_NAME, "terms.created", DRAFTERS - {"operator"}, wrong={"name": ""}),
        Writing("draft", {}, "terms.drafted", DRAFTERS),
        Writing(
            "settings",
            SETTINGS | NEW_NAME | {"reaccept_months": "12", "reason": "Every year."},
            "terms.changed",
            DRAFTERS,
            wrong=SETTINGS | {"default_language": "german"},
        ),
        Writing(
            "assign",
            {"groups": lambda suite: [suite.group.pk], "reason": "Pilot."},
            "terms.assigned",
            DRAFTERS,
            wrong={"groups": "no", "reason": "Pilot."},
        ),
        Writing(
            "remind",
            {"reason": "Soon due."},
            "terms.reminded",
            DRAFTERS,
            wrong={"people": "nobody@contoso.example"},
        ),
        Writing(
            "retire", {"reason": "Replaced."}, "terms.retired", PUBLISHERS, NO_PUBLISHERS, {"reason": " "}
        ),
    )
    in_steps = ("import",)
    group: Group

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with at_work():
            cls.group = group_of(cls.contoso)

    def make(self, tenant: Tenant, name: str) -> TermsPolicy:
        return policy_of(tenant, self.operator, name)

    def make_many(self, tenant: Tenant) -> None:
        for number in range(30):
            policy = self.make(tenant, f"number {number}")
            publish(draft_of(policy, self.operator), self.operator)

    def _subject(self, writing: Writing) -> Any:
        """What the deed is about: whoever is to be reminded was asked."""
        if writing.name != "remind":
            return super()._subject(writing)
        with at_work():
            employee(self.contoso)
            return self.in_force()

    def in_force(self) -> TermsPolicy:
        policy = self.make(self.contoso, "Phones")
        publish(draft_of(policy, self.officer), self.officer)
        return policy

    def test_the_list_asks_as_often_for_many_as_for_one(self) -> None:
        with at_work():
            self.in_force()
        super().test_the_list_asks_as_often_for_many_as_for_one()

    def test_the_list_tells_how_far_each_has_come(self) -> None:
        with at_work():
            policy, people = self.in_force(), [employee(self.contoso) for _ in range(4)]
            decide(people[0], policy)
            decide(people[1], policy, "declined")
            draft_of(policy, self.officer)
        self.enter("auditor")
        shown = self.client.get(self.url("changelist"))
        for words in ("1 of 4", "version 1", "everybody"):
            self.assertContains(shown, words)

    def test_what_the_list_counts_agrees_with_the_progress(self) -> None:
        with at_work():
            sales, board = self.group, group_of(self.contoso, "Board")
            people = [
                employee(self.contoso, *groups) for groups in ((), (sales,), (sales, board), (board,)) * 2
            ]
            policies = [self.in_force() for _ in range(4)]
            for policy in policies[:3]:
                for one in people[:3]:
                    decide(one, policy)
            assign = services.assign_policy
            assign(policy=policies[1], by=self.officer, everybody=False, groups=[sales], excluded=[board])
            assign(policy=policies[2], by=self.officer, everybody=True, excluded=[sales])
            policies.append(self.make(self.contoso, "Nothing asked"))
            services.retire_policy(policy=policies[3], by=self.officer, reason="Over.")
        self.compare_overviews()
        count_again(self.contoso)
        self.compare_overviews()
        with at_work():
            decide(people[4], policies[0])
            employee(self.contoso, sales)
        self.compare_overviews()
        assert overviews([], timezone.now()) == {}

    def compare_overviews(self) -> None:
        policies = list(TermsPolicy.objects.for_tenant(self.contoso))
        found = overviews(policies, timezone.now())
        for policy in policies:
            counted = progress(policy, timezone.now())
            is_asking = found[policy.pk].version is not None
            assert found[policy.pk].accepted == counted.accepted_latest, policy
            assert not is_asking or found[policy.pk].asked == counted.asked, policy
        assert {one.accepted for one in found.values()} > {0}

    def test_of_many_wordings_the_newest_are_shown(self) -> None:
        with at_work():
            policy = self.in_force()
            publish(draft_of(policy, self.officer), self.officer)
        self.enter("auditor")
        with patch.object(policies_pages, "REVISIONS_SHOWN", 1):
            shown = self.client.get(self.url("change", policy.pk))
        self.assertContains(shown, "Version 2")
        self.assertContains(shown, "The newest 1. All of them are under Versions and texts.")
        self.assertNotContains(shown, "Version 1<")
        self.assertNotContains(self.client.get(self.url("change", policy.pk)), "All of them are under")

    def test_the_page_tells_where_everybody_stands(self) -> None:
        with at_work():
            policy = self.in_force()
            for decision in ("accepted", "accepted", "declined"):
                decide(employee(self.contoso), policy, decision)
            employee(self.contoso)
        self.enter("auditor")
        shown = self.client.get(self.url("change", policy.pk))
        for words in (
            "2 of 4 accepted the latest version",
            "50.0 %",
            "25.0 %",
            "Version 1",
            "every employee",
        ):
            self.assertContains(shown, words)

    def test_outstanding_people_with_their_standing(self) -> None:
        with at_work():
            policy, people = self.in_force(), [employee(self.contoso) for _ in range(4)]
            decide(people[0], policy)
            decide(people[1], policy, "declined")
            publish(draft_of(policy, self.officer, "Lock it twice."), self.officer)
            decide(people[2], policy)
        self.enter("auditor")
        url = self.url("outstanding", policy.pk)
        shown = self.client.get(url)
        for one, is_shown in zip(people, (True, True, False, True), strict=True):
            assert (one.user_principal_name in shown.content.decode()) is is_shown
        self.assertContains(shown, "Accepted version 1")
        older = self.client.get(url, {"standing": "accepted_older"})
        self.assertContains(older, people[0].user_principal_name)
        self.assertNotContains(older, people[3].user_principal_name)
        for query in ("standing=none", "after=abc", "after=99999999999999999999", "after=²", "standing=%00"):
            assert self.client.get(f"{url}?{query}").status_code == 200, query

    def test_outstanding_people_ask_as_often_for_many_as_for_one(self) -> None:
        with at_work():
            policy = self.in_force()
            employee(self.contoso)
        self.enter("auditor")
        url = self.url("outstanding", policy.pk)
        few = self._queries(url)
        with at_work():
            for number in range(20):
                decide(employee(self.contoso), policy, "declined" if number % 2 else "accepted")
            employee(self.contoso)
        with CaptureQueriesContext(connection) as captured:
            self.client.get(url)
        # Reading decisions brings their version and policy along, in the same query.
        assert len(captured) == few

    def test_outstanding_people_go_on_after_the_last_one(self) -> None:
        with at_work():
            policy = self.in_force()
            for _ in range(5):
                employee(self.contoso)
        self.enter("auditor")
        url, seen = self.url("outstanding", policy.pk), []
        with patch("terms.admin.outstanding.AT_ONCE", 2):
            for _ in range(3):
                shown = self.client.get(url)
                seen += [str(row[1]) for row in shown.context["table"].rows]
                url = f"?after={shown.context['after']}" if shown.context["after"] else ""
                assert not url or f'href="{url}"' in shown.content.decode()
                url = f"{self.url('outstanding', policy.pk)}{url}"
        assert (len(seen), seen) == (5, sorted(seen))
        self.assertContains(shown, "From the beginning")

    def test_how_it_went_as_bars_and_as_table(self) -> None:
        with at_work():
            policy = self.in_force()
            decide(employee(self.contoso, self.group), policy)
            employee(self.contoso)
        self.enter("auditor")
        url = self.url("course", policy.pk)
        shown = self.client.get(url)
        for words in (
            "1 of 2 accepted the latest version",
            "50.0 %",
            self.group.name,
            "<svg",
            'class="warn"',
        ):
            self.assertContains(shown, words)
        self.assertContains(self.client.get(url, {"group": self.group.pk}), "100.0 %")
        for query in ("group=none", "group=%00", "as_of=2020-01-01T00:00:00Z"):
            assert self.client.get(f"{url}?{query}").status_code == 200, query
        assert self.client.get(url, {"as_of": "soon"}).status_code == 400
        with at_work():
            nothing = self.make(self.contoso, "Nothing")
        self.assertContains(
            self.client.get(self.url("course", nothing.pk)), "No version has been in force yet"
        )

    def test_the_acceptances_are_taken_away(self) -> None:
        with at_work():
            policy = self.in_force()
            decide(employee(self.contoso), policy)
        self.enter("auditor")
        url = self.url("export", policy.pk)
        self.assertContains(self.client.get(self.url("change", policy.pk)), f'href="{url}"')
        self.assertContains(self.client.get(url), "who took the file")
        taken = self.client.get(url, {"export_format": "csv"})
        assert taken["Content-Type"].startswith("text/csv")
        assert b"accepted_latest" in b"".join(taken.streaming_content)  # type: ignore[attr-defined]
        past = self.client.get(url, {"export_format": "csv", "as_of": "2020-01-01T00:00"})
        self.assertContains(past, "Nothing was known of", status_code=400)
        assert self.client.post(url).status_code == 405

    def test_people_are_chosen_from_the_list_and_reminded(self) -> None:
        with at_work():
            policy, people = self.in_force(), [employee(self.contoso) for _ in range(3)]
            decide(people[2], policy, "declined")
            nobody = employee(self.fabrikam)
            people[1].user_principal_name = "kiosk"
            people[1].save()
        self.enter("auditor")
        self.assertNotContains(self.client.get(self.url("outstanding", policy.pk)), 'name="employee"')
        self.enter("admin")
        listed = self.client.get(self.url("outstanding", policy.pk))
        self.assertContains(listed, 'name="employee"', count=1)
        self.assertContains(listed, "No e-mail address")
        url = self.url("remind", policy.pk)
        asked = self.client.get(url, {"employee": [str(people[0].pk), str(nobody.pk), "x", "9" * 30]})
        for words in (people[0].user_principal_name, "owe a decision: 2", "so without a reminder: 1."):
            self.assertContains(asked, words)
        self.assertNotContains(asked, nobody.user_principal_name)
        unknown = self.client.post(url, {"people": nobody.user_principal_name})
        self.assertContains(unknown, "Nobody has this user name")
        told = self.client.post(url, {"people": people[0].user_principal_name}, follow=True)
        for words in ("1 employee reminded.", "once"):
            self.assertContains(told, words)
        again = self.client.post(url, {}, follow=True)
        self.assertContains(
            again, "0 employees reminded; 1 employee without an e-mail address; 1 employee reminded"
        )

    def test_outstanding_people_of_another_tenant_do_not_exist(self) -> None:
        with at_work():
            policy = self.in_force()
        self.enter("fabrikam_admin")
        for page in ("outstanding", "difference", "remind", "course", "export"):
            assert self.client.get(self.url(page, policy.pk)).status_code == 404
        self.enter("employee")
        assert self.client.get(self.url("outstanding", policy.pk)).status_code == 302

    def test_a_group_of_another_tenant_is_not_offered(self) -> None:
        with at_work():
            theirs, policy = group_of(self.fabrikam, "Fabrikam board"), self.make(self.contoso, "Phones")
        self.enter("admin")
        self.assertNotContains(self.client.get(self.url("assign", policy.pk)), "Fabrikam board")
        answer = self.client.post(self.url("assign", policy.pk), {"groups": [theirs.pk]})
        self.assertContains(answer, 'role="alert"')

    def test_any_two_texts_are_compared(self) -> None:
        with at_work():
            policy = self.in_force()
            publish(draft_of(policy, self.officer, "Lock it <b>twice</b>."), self.officer)
        after, before = (text.pk for text in TermsText.objects.for_tenant(self.contoso).order_by("-pk"))
        self.enter("auditor")
        shown = self.client.get(self.url("difference", policy.pk), {"before": before, "after": after})
        self.assertContains(shown, "<ins> &lt;b&gt;twice&lt;/b&gt;</ins>")
        self.assertContains(shown, "The same in both.")
        offered = self.client.get(self.url("difference", policy.pk)).context["form"]
        assert offered.initial == {"before": before, "after": after}

    def test_each_wording_says_whether_it_is_still_in_use(self) -> None:
        with at_work():
            policy = self.in_force()
            publish(draft_of(policy, self.officer, "Lock it twice."), self.officer)
            later = timezone.now() + timedelta(days=3)
            publish(draft_of(policy, self.officer, "Lock it."), self.officer, effective_from=later)
        self.enter("auditor")
        page = self.client.get(self.url("change", policy.pk))
        (table,) = (panel.table for panel in page.context["panels"] if panel.title.startswith("Versions"))
        assert [row[1].text for row in table.rows] == ["Begins later", "Published", "Followed by another"]
        wordings = reverse("admin:terms_termsrevision_changelist")
        self.assertContains(self.client.get(wordings), "Followed by another")
        first = TermsRevision.objects.for_tenant(self.contoso).get(version__policy=policy, version__number=1)
        shown = self.client.get(reverse("admin:terms_termsrevision_change", args=[first.pk]))
        self.assertContains(shown, "Followed by another")
        with at_work():
            services.retire_policy(policy=policy, by=self.officer, reason="Over.")
        self.assertNotContains(self.client.get(wordings), "Followed by another")

    def test_texts_of_another_policy_or_tenant_are_no_choice(self) -> None:
        with at_work():
            policy, other = self.in_force(), self.in_force()
        text = TermsText.objects.for_tenant(self.contoso).get(revision__version__policy=other)
        self.enter("auditor")
        for value in (text.pk, "abc", "9" * 40, "\0"):
            answer = self.client.get(self.url("difference", policy.pk), {"before": value, "after": value})
            self.assertContains(answer, 'role="alert"', status_code=400)

    def test_a_retired_one_offers_nothing_more(self) -> None:
        with at_work():
            policy = self.in_force()
        self.enter("officer")
        shown = self.client.post(self.url("retire", policy.pk), {"reason": "Replaced."}, follow=True)
        self.assertContains(shown, "nobody is asked any more")
        for deed in self.page.deeds:
            self.assertNotContains(shown, f'href="{self.url(deed.name, policy.pk)}"')
        answer = self.client.post(self.url("settings", policy.pk), SETTINGS)
        self.assertContains(answer, "nothing about it changes any more", status_code=409)


class RevisionPageTests(TenantPageSuite):
    model = TermsRevision
    writings = (
        Writing("write", WORDS, "terms.written", DRAFTERS - {"operator"}, wrong=WORDS | {"body": " "}),
        Writing(
            "publish",
            {"grace_days": "14", "reason": "Agreed."},
            "terms.published",
            PUBLISHERS,
            NO_PUBLISHERS,
            {"grace_days": "-1", "reason": "Agreed."},
        ),
        Writing("revise", {"note": "A comma."}, "terms.drafted", DRAFTERS, wrong={"note": ""}),
        Writing(
            "publish_correction",
            {"reason": "A comma."},
            "terms.published",
            PUBLISHERS,
            NO_PUBLISHERS,
            {"reason": ""},
        ),
    )

    def make(self, tenant: Tenant, name: str) -> TermsRevision:
        return draft_of(policy_of(tenant, self.operator, name), self.operator)

    def _subject(self, writing: Writing) -> Any:
        """What the deed is about: a draft, what was published, or a correction of it."""
        draft = self.one()
        with at_work():
            if writing.name in ("revise", "publish_correction"):
                publish(draft, self.operator)
            if writing.name == "publish_correction":
                return services.draft_revision(version=draft.version, note="A comma.", by=self.operator)
        return draft

    def test_a_version_goes_from_its_first_word_to_its_correction(self) -> None:
        with at_work():
            policy = policy_of(self.contoso, self.officer)
            employee(self.contoso)
        self.enter("officer")
        self.client.post(f"/admin/terms/termspolicy/{policy.pk}/draft/")
        draft = TermsRevision.objects.for_tenant(self.contoso).get()
        self.assertContains(self.client.get(self.url("change", draft.pk)), "Nothing is written yet")
        answer = self.client.post(self.url("publish", draft.pk), {"grace_days": "0", "reason": "Agreed."})
        self.assertContains(answer, "no text in the default language", status_code=409)
        english = WORDS | {"language": "en", "body": "One\r\nTwo"}
        self.assertContains(self.client.post(self.url("write", draft.pk), english, follow=True), "is written")
        text = TermsText.objects.for_tenant(self.contoso).get()
        assert text.body == "One\nTwo"
        self.assertContains(self.client.get(self.url("publish", draft.pk)), "1 employee will be asked")
        shown = self.client.post(
            self.url("publish", draft.pk), {"grace_days": "7", "reason": "Agreed."}, follow=True
        )
        text.refresh_from_db()
        self.assertContains(shown, text.sha256)
        self.assertContains(shown, "7 days of grace")
        self.client.post(self.url("revise", draft.pk), {"note": "A comma."})
        correction = TermsRevision.objects.for_tenant(self.contoso).get(number=1)
        self.assertContains(self.client.get(self.url("change", correction.pk)), "asks nobody again")
        done = self.client.post(
            self.url("publish_correction", correction.pk), {"reason": "A comma."}, follow=True
        )
        self.assertContains(done, "is published")
        self.assertContains(self.client.get(self.url("change", draft.pk)), "Corrected since")

    def test_words_are_shown_as_the_employee_sees_them_and_can_do_nothing(self) -> None:
        with at_work():
            policy = policy_of(self.contoso, self.officer)
            revision = draft_of(policy, self.officer, "# Rules\n\n**Lock** <script>alert(1)</script>")
        self.enter("auditor")
        for page in ("change", "preview"):
            shown = self.client.get(self.url(page, revision.pk))
            self.assertContains(shown, "<strong>Lock</strong>")
            self.assertContains(shown, "Rules</h3>")
            self.assertNotContains(shown, "<script>alert")

    def test_the_preview_is_in_the_language_asked_for(self) -> None:
        revision = self.one()
        with at_work():
            services.write_text(revision=revision, by=self.operator, **WORDS)
        self.enter("auditor")
        for language, words in (
            ("de", "Telefone"),
            ("de-CH", "Telefone"),
            ("fr", "Use of phones"),
            ("\0", "Use"),
        ):
            shown = self.client.get(self.url("preview", revision.pk), {"language": language})
            self.assertContains(shown, words)
            assert "script-src" in shown.headers["Content-Security-Policy"]
        self.enter("fabrikam_admin")
        assert self.client.get(self.url("preview", revision.pk)).status_code == 404

    def test_there_is_no_preview_of_nothing(self) -> None:
        with at_work():
            empty = services.draft_version(policy=policy_of(self.contoso, self.officer), by=self.officer)
        self.enter("auditor")
        assert self.client.get(self.url("preview", empty.pk)).status_code == 404

    def test_writing_starts_from_what_stands_there(self) -> None:
        revision = self.one()
        self.enter("admin")
        form = self.client.get(self.url("write", revision.pk), {"language": "en"}).context["form"]
        assert form.initial["body"] == "Lock it."
        assert self.client.get(self.url("write", revision.pk), {"language": "fr"}).context[
            "form"
        ].initial == {"language": ""}

    def test_what_somebody_wrote_meanwhile_is_not_written_over(self) -> None:
        revision = self.one()
        self.enter("admin")
        form = self.client.get(self.url("write", revision.pk)).context["form"]
        mine = {**form.initial, "body": "Mine."}
        with at_work():
            theirs = {**WORDS, "language": "en"}
            services.write_text(revision=revision, by=self.officer, **theirs)
        self.assertContains(
            self.client.post(self.url("write", revision.pk), mine), "somebody wrote it meanwhile"
        )
        again = {**self.client.get(self.url("write", revision.pk)).context["form"].initial, "body": "Mine."}
        self.assertContains(
            self.client.post(self.url("write", revision.pk), again, follow=True), "is written"
        )

    def test_four_eyes_are_told_and_kept(self) -> None:
        with at_work():
            policy = policy_of(self.contoso, self.officer, four_eyes=True)
            revision = draft_of(policy, self.officer)
        self.enter("officer")
        self.assertContains(self.client.get(self.url("publish", revision.pk)), "Four eyes")
        answer = self.client.post(self.url("publish", revision.pk), {"grace_days": "0", "reason": "Mine."})
        self.assertContains(answer, "somebody who did not write it publishes it", status_code=409)

    def test_bad_words_are_told_beside_their_field(self) -> None:
        revision = self.one()
        self.enter("admin")
        for field, value in (
            ("body", "a\u202eb"),
            ("title", "x" * 201),
            ("language", "GERMAN"),
            ("body", ""),
        ):
            answer = self.client.post(self.url("write", revision.pk), WORDS | {field: value})
            self.assertContains(answer, 'role="alert"')
            assert field in answer.context["form"].errors
        huge = self.client.post(self.url("write", revision.pk), WORDS | {"body": "w" * (600 * 1024)})
        self.assertContains(huge, "512 KB")

    def test_a_published_one_can_be_corrected_only_once_at_a_time(self) -> None:
        revision = self.one()
        with at_work():
            publish(revision, self.operator)
            services.draft_revision(version=revision.version, note="A comma.", by=self.operator)
        self.enter("officer")
        self.assertNotContains(
            self.client.get(self.url("change", revision.pk)), self.url("revise", revision.pk)
        )
        answer = self.client.post(self.url("revise", revision.pk), {"note": "Another."})
        self.assertContains(answer, "being drafted already", status_code=409)


REPORT = "User name;UPN;Accepted version;Accepted time\nAda;{};1;{}\nNobody;nobody@x;1;2023-07-04T07:57:43Z\n"


class AcceptanceImportPageTests(TenantPageSuite):
    model = AcceptanceImport

    def make(self, tenant: Tenant, name: str) -> AcceptanceImport:
        policy = policy_of(tenant, self.operator, name)
        return self.imported(policy, f"{name}.csv")

    def make_many(self, tenant: Tenant) -> None:
        policy = policy_of(tenant, self.operator)
        for number in range(30):
            self.imported(policy, f"number-{number}.csv")

    def imported(self, policy: TermsPolicy, name: str) -> AcceptanceImport:
        reading = Reading([document_of(name, REPORT.format("x", "2023-07-04").encode())], How())
        return services.import_acceptances(policy=policy, by=self.operator, reading=reading)

    def policy(self) -> TermsPolicy:
        with at_work():
            policy = policy_of(self.contoso, self.operator)
            publish(draft_of(policy, self.operator), self.operator)
        return policy

    def upload(self, policy: TermsPolicy, report: str, **more: str) -> Any:
        file = SimpleUploadedFile("report.csv", report.encode())
        return self.client.post(import_page(policy), {"documents": [file], **more})

    def kept(self) -> Any:
        return AcceptanceImport.objects.for_tenant(self.contoso)

    def test_first_what_it_comes_to_then_the_import(self) -> None:
        policy = self.policy()
        with at_work():
            who = employee(self.contoso)
        self.enter("admin")
        self.assertContains(self.client.get(import_page(policy)), "Show what it comes to")
        report = REPORT.format(who.user_principal_name, "04/05/2023 10:00")
        self.assertContains(
            self.upload(policy, report), "can be read with the day or the month", status_code=409
        )
        shown = self.upload(policy, report, dates="day_first", versions="7=1", reason="Moved from there.")
        for words in ("2 records in report.csv: 1 recorded. 1 left out.", "nobody@x", "Keep this import"):
            self.assertContains(shown, words)
        assert not self.kept().exists()
        carried = {"carried": shown.context["form"]["carried"].value()}
        done = self.client.post(import_page(policy), carried, follow=True)
        self.assertContains(done, "is imported")
        self.assertContains(done, "No employee has this user name")
        made = self.kept().get()
        assert (made.imported_by, made.settings["dates"]) == ("admin@contoso.example", "day_first")
        assert AuditEvent.objects.about(made).get().attribution.reason == "Moved from there."
        one = Acceptance.objects.for_tenant(self.contoso).get()
        page = self.client.get(f"/admin/terms/acceptance/{one.pk}/change/")
        self.assertContains(page, "report.csv, line 2, column 1")
        self.assertContains(page, "No signature: it was brought in from elsewhere")
        listed = self.client.get(f"/admin/terms/acceptance/?source__id__exact={made.pk}")
        self.assertContains(listed, who.user_principal_name)

    def test_what_was_shown_is_for_that_person_and_policy_only(self) -> None:
        policy, other = self.policy(), self.policy()
        self.enter("admin")
        carried = {
            "carried": self.upload(policy, REPORT.format("x", "2023-07-04"))
            .context["form"]["carried"]
            .value()
        }
        self.assertContains(self.client.post(import_page(other), carried), "Choose the files again")
        self.enter("officer")
        self.assertContains(self.client.post(import_page(policy), carried), "Choose the files again")
        self.enter("fabrikam_admin")
        assert self.client.post(import_page(policy), carried).status_code == 404
        self.enter("auditor")
        assert self.client.post(import_page(policy), carried).status_code == 403
        assert not self.kept().exists()

    def test_what_cannot_be_used_is_said_at_its_place(self) -> None:
        policy = self.policy()
        self.enter("admin")
        self.assertContains(self.client.post(import_page(policy), {}), "Choose at least one file")
        for more, words in (
            ({"versions": "five"}, "write 5=1"),
            ({"time_zone": "Mars/Olympus"}, "There is no time zone"),
        ):
            self.assertContains(self.upload(policy, REPORT, **more), words)
        self.assertContains(self.upload(policy, "Name"), "names no column", status_code=409)
        assert not self.kept().exists()


def import_page(policy: TermsPolicy) -> str:
    return f"/admin/terms/termspolicy/{policy.pk}/import/"


class AcceptancePageTests(TenantPageSuite):
    model = Acceptance

    def make(self, tenant: Tenant, name: str) -> Acceptance:
        policy = policy_of(tenant, self.operator, name)
        publish(draft_of(policy, self.operator), self.operator)
        return decide(employee(tenant), policy)

    def make_many(self, tenant: Tenant) -> None:
        policy = policy_of(tenant, self.operator)
        publish(draft_of(policy, self.operator), self.operator)
        for _ in range(30):
            decide(employee(tenant), policy)

    def test_the_receipt_is_shown_and_verifies(self) -> None:
        acceptance = self.one()
        self.enter("auditor")
        shown = self.client.get(self.url("change", acceptance.pk))
        for words in (
            "Receipt verifies",
            str(acceptance.receipt_id),
            "Yes, byte by byte",
            "192.0.2.0/24",
            "I accept",
        ):
            self.assertContains(shown, words)

    def test_a_receipt_of_another_key_is_told(self) -> None:
        acceptance = self.one()
        self.enter("auditor")
        with self.settings(SIGNING_KEY="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="):
            shown = self.client.get(self.url("change", acceptance.pk))
        self.assertContains(shown, "Receipt does not verify")

    def test_filters(self) -> None:
        accepted = self.one()
        with at_work():
            declined = decide(employee(self.contoso), accepted.policy, "declined")
            other = self.make(self.contoso, "Tablets")
        self.enter("auditor")
        for query, shown, hidden in (
            ({"decision__exact": "declined"}, declined, accepted),
            ({"policy__id__exact": other.policy_id}, other, accepted),
            ({"surface__exact": "portal"}, accepted, None),
            ({"q": declined.user_principal_name}, declined, accepted),
        ):
            page = self.client.get(self.url("changelist"), query)
            self.assertContains(page, f'"{self.url("change", shown.pk)}')
            if hidden:
                self.assertNotContains(page, f'"{self.url("change", hidden.pk)}')

    def test_terms_of_another_tenant_are_no_filter(self) -> None:
        with at_work():
            theirs = policy_of(self.fabrikam, self.operator, "Fabrikam terms")
            self.make(self.contoso, "Phones")
            self.make(self.contoso, "Tablets")
        self.enter("auditor")
        page = self.client.get(self.url("changelist"), {"policy__id__exact": theirs.pk})
        self.assertNotContains(page, "Fabrikam terms")
