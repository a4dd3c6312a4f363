"""The life of a policy: drafted, published, corrected, superseded, retired."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.models import AuditEvent
from tenants.models import Tenant
from tenants.roles import Role
from tenants.services import create_token
from terms import services
from terms.models import TermsRevision, TermsText, TermsVersion
from terms.models.version import LONGEST_TEXT
from terms.services.policies import create_policy
from terms.standing import Standing, version_asked
from tests.terms.stories import (
    DAY,
    WORDS,
    TermsTestCase,
    a_group,
    clock,
    colleague,
    corrected,
    decided,
    drafted,
    published,
    refusal,
    shown,
)


class Policies(TermsTestCase):
    def test_one_is_made_and_changed_by_those_who_may(self) -> None:
        policy = create_policy(tenant=self.contoso, name="Phones", by=self.admin, reaccept_months=12)
        changed = services.change_policy(policy=policy, by=self.admin, description="For all phones")
        assert (changed.description, changed.reaccept_months, changed.for_everybody) == (
            "For all phones",
            12,
            True,
        )
        for stranger in (self.auditor, self.fabrikam_admin):
            with pytest.raises(PermissionDenied):
                create_policy(tenant=self.contoso, name="Tablets", by=stranger)
            with pytest.raises(PermissionDenied):
                services.change_policy(policy=policy, by=stranger, name="Tablets")

    def test_what_a_policy_cannot_be(self) -> None:
        self.a_policy(name="Phones")
        for settings, field in (
            ({"name": "Phones"}, "__all__"),
            ({"name": ""}, "name"),
            ({"default_language": "klingon!"}, "default_language"),
            ({"default_language": "DE"}, "default_language"),
            ({"reaccept_months": 0}, "reaccept_months"),
            ({"reaccept_months": 121}, "reaccept_months"),
            ({"remind_days": 0}, "remind_days"),
            ({"remind_at_most": 51}, "remind_at_most"),
            ({"retired_at": timezone.now()}, "retired_at"),
            ({"tenant_id": 1}, "tenant_id"),
        ):
            assert refusal(self.a_policy, **settings) == field, settings

    def test_a_tenant_that_closes_publishes_nothing_new(self) -> None:
        policy = self.a_policy()
        revision = drafted(policy, self.officer)
        Tenant.objects.filter(pk=self.contoso.pk).update(status="closing")
        policy.tenant.refresh_from_db()
        version = TermsVersion.objects.for_tenant(self.contoso).get(pk=revision.version_id)
        assert refusal(services.draft_version, policy=policy, by=self.officer) == "tenant_closed"
        given: dict[str, Any] = {"by": self.officer, "reason": "x"}
        assert refusal(services.publish_version, version=version, **given) == "tenant_closed"

    def test_retired_nobody_is_asked_and_nothing_changes(self) -> None:
        policy = self.in_force()
        who = colleague(self.contoso)
        kept = decided(who, policy)
        assert refusal(services.retire_policy, policy=policy, by=self.officer, reason=" ") == "reason"
        with pytest.raises(PermissionDenied):
            services.retire_policy(policy=policy, by=self.admin, reason="Old")
        services.retire_policy(policy=policy, by=self.officer, reason="Old")
        version = kept.version
        for deed in (
            lambda: services.retire_policy(policy=policy, by=self.officer, reason="Old"),
            lambda: services.change_policy(policy=policy, by=self.officer, name="x"),
            lambda: services.assign_policy(policy=policy, by=self.officer, everybody=True),
            lambda: services.draft_version(policy=policy, by=self.officer),
            lambda: services.draft_revision(version=version, note="x", by=self.officer),
        ):
            assert refusal(deed) == "retired"
        assert refusal(shown, who, policy) == "not_asked"
        assert refusal(decided, who, policy, ticket="x") == "not_asked"

    def test_the_default_language_is_one_that_was_published(self) -> None:
        policy = self.in_force()
        change = services.change_policy
        assert refusal(change, policy=policy, by=self.officer, default_language="de") == "default_language"
        version = version_asked(policy, timezone.now())
        assert version is not None
        revision = services.draft_revision(version=version, note="In German too", by=self.officer)
        services.write_text(revision=revision, language="de", by=self.officer, **WORDS)
        services.publish_revision(revision=revision, by=self.officer, reason="Asked for")
        assert change(policy=policy, by=self.officer, default_language="de").default_language == "de"


class Assigning(TermsTestCase):
    def test_for_groups_and_without_others(self) -> None:
        policy = self.in_force()
        sales, berlin = a_group(self.contoso), a_group(self.contoso, "Berlin")
        seller, both = colleague(self.contoso, sales), colleague(self.contoso, sales, berlin)
        nobody = colleague(self.contoso)
        by: dict[str, Any] = {"by": self.officer}
        services.assign_policy(policy=policy, everybody=False, groups=[sales, sales], excluded=[berlin], **by)
        assert shown(seller, policy).text
        for who in (both, nobody):
            assert refusal(shown, who, policy) == "not_asked"
        services.assign_policy(policy=policy, everybody=True, excluded=[berlin], **by)
        assert shown(nobody, policy).text
        assert refusal(shown, both, policy) == "not_asked"

    def test_what_an_assignment_cannot_be(self) -> None:
        policy, sales, theirs = self.a_policy(), a_group(self.contoso), a_group(self.fabrikam)
        assign = services.assign_policy
        given: dict[str, Any] = {"policy": policy, "by": self.officer}
        assert refusal(assign, everybody=True, groups=[sales], **given) == "groups"
        assert refusal(assign, everybody=False, groups=[sales], excluded=[sales], **given) == "excluded"
        assert refusal(assign, everybody=False, groups=[theirs], **given) == "groups"
        with pytest.raises(PermissionDenied):
            assign(policy=policy, by=self.auditor, everybody=True)

    def test_it_is_in_the_trail(self) -> None:
        policy, sales = self.a_policy(), a_group(self.contoso)
        services.assign_policy(
            policy=policy, by=self.officer, everybody=False, groups=[sales], reason="Pilot"
        )
        event = AuditEvent.objects.for_tenant(self.contoso).filter(activity="terms.assigned").latest("id")
        assert (event.action, event.attribution.reason) == ("assign", "Pilot")


class Drafting(TermsTestCase):
    def test_the_next_version_starts_from_the_words_of_the_last(self) -> None:
        policy = self.in_force()
        revision = services.draft_version(policy=policy, by=self.admin)
        assert (revision.version.number, revision.number, revision.status) == (2, 0, "draft")
        texts = TermsText.objects.for_tenant(self.contoso).filter(revision=revision)
        assert {name: getattr(texts.get(), name) for name in WORDS} == WORDS
        assert refusal(services.draft_version, policy=policy, by=self.officer) == "drafted"

    def test_words_that_are_none(self) -> None:
        revision = drafted(self.a_policy(), self.officer)
        for words, field in (
            ({"title": ""}, "title"),
            ({"title": "two\nlines"}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"summary": " \n "}, "summary"),
            ({"body": ""}, "body"),
            ({"body": "a\0b"}, "body"),
            ({"body": "a\x1b[2Jb"}, "body"),
            ({"body": "the end \u202eesrever"}, "body"),
            ({"privacy_statement": "\u2066hidden"}, "privacy_statement"),
            ({"summary": "half \ud83d"}, "summary"),
            ({"body": "x" * (LONGEST_TEXT + 1)}, "body"),
            ({"body": "x" * 5_000_000}, "body"),
            ({"body": "ä" * (LONGEST_TEXT // 2 + 1)}, "body"),
        ):
            given: dict[str, Any] = {"language": "en", "by": self.officer, **WORDS, **words}
            assert refusal(services.write_text, revision=revision, **given) == field, field
        for language in ("", "klingon!", "DE", "de-de", "de\n"):
            given = {"language": language, "by": self.officer, **WORDS}
            assert refusal(services.write_text, revision=revision, **given) == "language"

    def test_words_from_right_to_left_are_words(self) -> None:
        revision = drafted(self.a_policy(), self.officer)
        words = {**WORDS, "title": "תנאי שימוש", "body": "שלום\u200f (abc)\n\tوداعا"}
        text = services.write_text(revision=revision, language="he", by=self.officer, **words)
        text.refresh_from_db()
        assert text.body == words["body"]

    def test_drafts_are_written_by_those_who_may(self) -> None:
        policy = self.a_policy()
        with pytest.raises(PermissionDenied):
            services.draft_version(policy=policy, by=self.auditor)
        revision = drafted(policy, self.admin)
        with pytest.raises(PermissionDenied):
            services.write_text(revision=revision, language="en", by=self.fabrikam_officer, **WORDS)


class Publishing(TermsTestCase):
    def test_the_bytes_and_their_hash_stay(self) -> None:
        version = published(self.a_policy(), self.officer, "en", "de")
        for text in TermsText.objects.for_tenant(self.contoso).filter(revision__version=version):
            content = {"language": text.language, **WORDS}
            plain = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
            assert text.content == plain
            assert text.sha256 == hashlib.sha256(plain).hexdigest()
            given: dict[str, Any] = {"revision": text.revision, "language": text.language, "by": self.officer}
            assert refusal(services.write_text, **given, **WORDS) == "published"

    def test_only_an_officer_publishes_once_and_says_why(self) -> None:
        version = drafted(self.a_policy(), self.admin).version
        publish = services.publish_version
        with pytest.raises(PermissionDenied):
            publish(version=version, by=self.admin, reason="x")
        assert refusal(publish, version=version, by=self.officer, reason="") == "reason"
        publish(version=version, by=self.officer, reason="Agreed")
        assert refusal(publish, version=version, by=self.officer, reason="x") == "published"
        event = AuditEvent.objects.for_tenant(self.contoso).filter(activity="terms.published").latest("id")
        assert event.attribution.reason == "Agreed"

    def test_the_default_language_is_needed(self) -> None:
        policy = self.a_policy(default_language="de")
        version = drafted(policy, self.officer, "en").version
        given: dict[str, Any] = {"version": version, "by": self.officer, "reason": "x"}
        assert refusal(services.publish_version, **given) == "no_text"
        version.refresh_from_db()
        assert version.status == "draft"

    def test_when_it_can_begin_and_end(self) -> None:
        policy = self.a_policy()
        version = drafted(policy, self.officer).version
        now = timezone.now()
        for given, field in (
            ({"effective_from": now - DAY}, "effective_from"),
            ({"effective_from": now + 4000 * DAY}, "effective_from"),
            ({"grace_days": -1}, "grace_days"),
            ({"grace_days": 40_000}, "grace_days"),
            ({"expires_at": now - DAY}, "__all__"),
            ({"effective_from": now + DAY, "expires_at": now + DAY}, "__all__"),
        ):
            told = refusal(services.publish_version, version=version, by=self.officer, reason="x", **given)
            assert told == field, given
            version.refresh_from_db()
            assert version.status == "draft"

    def test_versions_begin_in_their_order(self) -> None:
        policy = self.in_force()
        second = published(policy, self.officer, effective_from=self.later + DAY)
        third = drafted(policy, self.officer).version
        given: dict[str, Any] = {"version": third, "by": self.officer, "reason": "x"}
        for begins in (None, self.later, second.effective_from):
            assert refusal(services.publish_version, effective_from=begins, **given) == "effective_from"
        third.refresh_from_db()
        assert services.publish_version(effective_from=self.later + 2 * DAY, **given).status == "published"

    def test_a_future_version_is_asked_for_when_it_begins_and_the_old_one_counts_until_then(self) -> None:
        policy, who = self.in_force(), colleague(self.contoso)
        decided(who, policy)
        begins = self.later
        second = published(policy, self.officer, effective_from=begins, grace_days=7)
        assert shown(who, policy).place.standing == Standing.ACCEPTED_LATEST
        with clock(begins - timedelta(seconds=1)):
            assert shown(who, policy).text.revision.version.number == 1
        with clock(begins + timedelta(seconds=1)):
            place = shown(who, policy).place
            assert (place.version, place.standing) == (second, Standing.ACCEPTED_OLDER)
            assert (place.since, place.due) == (begins, begins + 7 * DAY)
            assert decided(who, policy).trigger == "reaccept"

    def test_an_expired_version_asks_nobody(self) -> None:
        policy, who = self.a_policy(), colleague(self.contoso)
        published(policy, self.officer, expires_at=self.later)
        ticket = shown(who, policy).ticket
        with clock(self.later + timedelta(minutes=1)):
            assert version_asked(policy, timezone.now()) is None
            assert refusal(shown, who, policy) == "nothing_asked"
            assert refusal(decided, who, policy, ticket=ticket) == "stale"

    def test_a_correction_asks_nobody_again_and_is_what_is_shown(self) -> None:
        policy, who, newcomer = self.in_force(), colleague(self.contoso), colleague(self.contoso)
        first = decided(who, policy)
        corrected(first.version, self.officer, body="Keep it locked!")
        assert shown(who, policy).place.standing == Standing.ACCEPTED_LATEST
        text = shown(newcomer, policy).text
        assert (text.body, text.revision.number, text.revision.version) == (
            "Keep it locked!",
            1,
            first.version,
        )
        assert first.text is not None
        first.text.refresh_from_db()
        assert first.text.digest() == first.text_sha256 != text.sha256

    def test_what_a_correction_needs(self) -> None:
        policy = self.a_policy()
        draft = drafted(policy, self.officer)
        revise = services.draft_revision
        assert refusal(revise, version=draft.version, note="x", by=self.officer) == "not_published"
        assert (
            refusal(services.publish_revision, revision=draft, by=self.officer, reason="x") == "not_published"
        )
        version = services.publish_version(version=draft.version, by=self.officer, reason="x")
        assert refusal(revise, version=version, note=" ", by=self.officer) == "note"
        revision = revise(version=version, note="A comma", by=self.officer)
        assert refusal(revise, version=version, note="Again", by=self.officer) == "drafted"
        with pytest.raises(PermissionDenied):
            services.publish_revision(revision=revision, by=self.admin, reason="x")
        services.publish_revision(revision=revision, by=self.officer, reason="x")
        assert (
            refusal(services.publish_revision, revision=revision, by=self.officer, reason="x") == "published"
        )


class FourEyes(TermsTestCase):
    def test_whoever_ever_wrote_in_a_draft_does_not_publish_it(self) -> None:
        policy = self.a_policy(four_eyes=True)
        revision = drafted(policy, self.officer)
        services.write_text(revision=revision, language="de", by=self.admin, **WORDS)
        given: dict[str, Any] = {"version": revision.version, "reason": "x"}
        assert refusal(services.publish_version, by=self.officer, **given) == "four_eyes"
        assert services.publish_version(by=self.operator, **given).status == "published"

    def test_nor_does_a_token_of_theirs(self) -> None:
        policy = self.a_policy(four_eyes=True, by=self.admin)
        made: dict[str, Any] = {"tenant": self.contoso, "role": Role.PRIVACY_OFFICER}
        own, _ = create_token(name="own", by=self.officer, **made)
        revision = drafted(policy, own)
        other, _ = create_token(name="other", by=self.officer, **made)
        given: dict[str, Any] = {"version": revision.version, "reason": "x"}
        for same in (self.officer, own, other):
            assert refusal(services.publish_version, by=same, **given) == "four_eyes"
        foreign, _ = create_token(name="operator's", by=self.operator, **made)
        services.publish_version(by=foreign, **given)

    def test_it_holds_for_corrections(self) -> None:
        policy = self.in_force()
        version = version_asked(policy, timezone.now())
        assert version is not None
        services.change_policy(policy=policy, by=self.officer, four_eyes=True)
        assert refusal(corrected, version, self.officer) == "four_eyes"
        revision = TermsRevision.objects.for_tenant(self.contoso).get(version=version, status="draft")
        services.publish_revision(revision=revision, by=self.operator, reason="x")

    def test_an_admin_cannot_drop_them_also_not_with_an_old_page(self) -> None:
        policy = self.a_policy(by=self.admin)
        seen_before = type(policy).objects.for_tenant(self.contoso).get(pk=policy.pk)
        services.change_policy(policy=policy, by=self.admin, four_eyes=True)
        for stale_or_not in (policy, seen_before):
            with pytest.raises(PermissionDenied):
                services.change_policy(policy=stale_or_not, by=self.admin, four_eyes=False)
        assert services.change_policy(policy=policy, by=self.officer, four_eyes=False).four_eyes is False
