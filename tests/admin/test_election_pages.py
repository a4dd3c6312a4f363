"""The pages of elections: where data is stored, which optional data is collected, and how elections are handled."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Element, Feature, Region
from elections.admin.words import moment_in_words
from elections.collecting import collected_at
from elections.models import CollectionElection, Election, ElectionPolicy, StorageElection
from elections.services import (
    approve_election,
    begin_storage,
    reject_election,
    set_election_policy,
    withdraw_election,
)
from tenants.access import Shell
from tenants.models import Membership, Tenant
from tenants.roles import Role
from tests.admin.suite import MANY, TenantPageSuite, Writing, at_work
from tests.cast import CastTestCase
from tests.elections.stories import DAY, REASON, moved, switched, with_four_eyes

DECIDERS = frozenset({"admin", "officer", "operator"})
OFFICERS = frozenset({"officer", "operator"})
COLLECTED = reverse("admin:elections_collectionelection_collected")
_recipients = itertools.cycle(("boundary", "geography", "safeguarded"))
_features = itertools.cycle(
    ("device_query", "enhanced_inventory", "client_diagnostics", "licence_attestation")
)


def clear_the_way(tenant: Tenant, kind: Any) -> None:
    """Whatever waits for a decision is rejected."""
    for waiting in kind.objects.for_tenant(tenant).awaiting_decision():
        reject_election(election=waiting, by=Shell(), reason=REASON)


def elsewhere(tenant: Tenant) -> str:
    """A geography that is not in force."""
    return "CH" if StorageElection.objects.for_tenant(tenant).in_force().get().code == "EU" else "EU"


class ElectionPageSuite(TenantPageSuite):
    DECISIONS: ClassVar[tuple[Writing, ...]] = (
        Writing("approve", {"reason": "Checked."}, "election.approved", DECIDERS),
        Writing("reject", {"reason": "Too early."}, "election.rejected", DECIDERS, wrong={"reason": " "}),
        Writing("withdraw", {"reason": "By mistake."}, "election.withdrawn", DECIDERS, wrong={"reason": " "}),
    )

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with at_work():
            begin_storage(tenant=cls.contoso, by=Shell())

    def stored(self) -> Any:
        return self.model.objects.for_tenant(self.contoso)  # type: ignore[attr-defined]

    def see(self, page: str, *args: Any, **query: Any) -> Any:
        return self.client.get(self.url(page, *args), query)

    def elect(self, **data: Any) -> Any:
        return self.client.post(self.url("add"), {"tenant": self.contoso.pk, "reason": REASON, **data})

    def activities(self, row: Any) -> list[tuple[str, str]]:
        events = AuditEvent.objects.for_tenant(self.contoso).about(row)
        return [(event.activity, event.action) for event in events]


class StorageElectionPageTests(ElectionPageSuite):
    model = StorageElection
    writings = (
        Writing(
            "add",
            {
                "tenant": lambda suite: suite.contoso.pk,
                "region": lambda suite: elsewhere(suite.contoso),
                "confirmed": "on",
                "reason": REASON,
            },
            "storage.elected",
            DECIDERS,
            wrong={"region": "XX", "reason": "?"},
        ),
        *ElectionPageSuite.DECISIONS,
    )

    def make(self, tenant: Tenant, name: str) -> StorageElection:
        with_four_eyes(tenant)
        clear_the_way(tenant, StorageElection)
        return moved(tenant, elsewhere(tenant), Shell())

    def make_many(self, tenant: Tenant) -> None:
        clear_the_way(tenant, self.model)
        set_election_policy(tenant=tenant, four_eyes=False, by=Shell())
        begins = timezone.now() + DAY
        for number in range(MANY // 2):
            withdraw_election(
                election=moved(tenant, "CH", Shell(), begins + number * DAY), by=Shell(), reason=REASON
            )

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.admin)

    # --- Electing ---

    def test_first_the_geographies_are_shown_with_what_holds_and_the_rules(self) -> None:
        page = self.client.get(self.url("add"))
        self.assertContains(page, "In force: Europe")
        self.assertContains(page, f"?tenant={self.contoso.pk}&amp;region=CH")
        self.assertNotContains(page, "region=EU&quot;")
        self.assertContains(page, "A new geography opens only to tenants that are made after it.")
        self.assertContains(page, "Microsoft Intune documentation: Data storage and processing, 2025-06-25")
        self.assertNotContains(page, "<textarea")

    def test_a_geography_that_is_not_open_says_why(self) -> None:
        Region.objects.all().update(opened_on=date(2025, 1, 1))
        page = self.client.get(self.url("add"))
        self.assertContains(page, "takes only tenants made after that; Contoso exists since 2024-01-01")
        self.assertNotContains(page, "&amp;region=")

    def test_a_move_tells_what_it_means_and_has_it_confirmed(self) -> None:
        page = self.see("add", tenant=self.contoso.pk, region="CH")
        self.assertContains(page, "The move can take up to 24 months")
        self.assertContains(page, 'name="confirmed"')
        self.assertNotContains(page, 'name="transfer_assessment"')
        self.assertContains(self.elect(region="CH"), "Confirm that you know what a move means")
        assert self.stored().get().code == "EU"
        self.assertRedirects(
            self.elect(region="CH", confirmed="on"), self.url("change", self.stored().first().pk)
        )
        election = self.stored().get(code="CH")
        assert (election.status, election.reason, election.proposed_by) == (
            "approved",
            REASON,
            str(self.admin),
        )
        assert {"move_takes_long", "move_loses_data"} <= {each["code"] for each in election.consequences}
        assert self.activities(election) == [("election.approved", "manage"), ("storage.elected", "assign")]

    def test_out_of_the_boundary_an_assessment_is_asked_for(self) -> None:
        page = self.see("add", tenant=self.contoso.pk, region="NA")
        self.assertContains(page, 'name="transfer_assessment"')
        assert page.context["form"].fields["assessed_on"].required
        refused = self.elect(region="NA", confirmed="on")
        self.assertContains(refused, "record what was assessed of the transfer")
        assert self.stored().count() == 1
        self.elect(region="NA", confirmed="on", transfer_assessment="Folder 12", assessed_on="2026-03-01")
        election = self.stored().get(code="NA")
        assert election.leaves_boundary
        shown = self.client.get(self.url("change", election.pk))
        self.assertContains(shown, "A transfer out of the EU Data Boundary")
        self.assertContains(shown, "Folder 12")

    def test_what_cannot_be_elected_says_so_before_a_reason_is_typed(self) -> None:
        for region, sentence in (
            ("EU", "Europe is elected already"),
            ("XX", "The catalog has no geography “XX”"),
            ("\0X", "The catalog has no geography “X”"),
            ("EUDB", "is no geography that Intune stores data in"),
        ):
            page = self.see("add", tenant=self.contoso.pk, region=region)
            self.assertContains(page, sentence)
            self.assertNotContains(page, "<textarea")

    def test_bad_instants_are_refused_in_a_sentence(self) -> None:
        for instant, sentence in (
            ("2019-01-01T00:00", "nothing can hold before that"),
            ("2099-01-01T00:00", "within the next ten years"),
            ("2023-12-31", "nothing can hold before that"),
            ("soon", "Enter a valid date/time"),
        ):
            answer = self.elect(region="CH", confirmed="on", effective_from=instant)
            self.assertContains(answer, sentence)
        assert self.stored().count() == 1

    def test_an_election_for_later_waits_and_can_be_withdrawn(self) -> None:
        later = timezone.localtime(timezone.now() + DAY)
        self.elect(region="CH", confirmed="on", effective_from=f"{later:%Y-%m-%dT%H:%M}")
        election = self.stored().get(code="CH")
        page = self.client.get(self.url("change", election.pk))
        self.assertContains(page, "Approved, and begins on")
        self.assertContains(page, self.url("withdraw", election.pk))
        assert self.url("approve", election.pk) not in page.content.decode()
        self.client.post(self.url("withdraw", election.pk), {"reason": "Not yet."})
        election.refresh_from_db()
        assert (election.status, election.withdraw_reason) == ("withdrawn", "Not yet.")
        assert self.activities(election)[0] == ("election.withdrawn", "manage")
        self.assertContains(self.client.get(self.url("change", election.pk)), "Withdrawn before it began")

    def test_what_holds_is_not_withdrawn(self) -> None:
        began = self.stored().get()
        self.assertNotContains(self.client.get(self.url("change", began.pk)), self.url("withdraw", began.pk))
        answer = self.client.post(self.url("withdraw", began.pk), {"reason": "No."})
        self.assertContains(answer, "has begun to hold and is not withdrawn", status_code=409)

    def test_a_page_tells_what_changes_against_what_held_before(self) -> None:
        self.elect(region="CH", confirmed="on")
        page = self.client.get(self.url("change", self.stored().get(code="CH").pk))
        self.assertContains(page, "What changes: Europe to Switzerland")
        self.assertContains(page, "Countries that are left")
        self.assertContains(page, "Followed by another on", count=0)
        before = self.client.get(self.url("change", self.stored().get(code="EU").pk))
        self.assertContains(before, "Followed by another on")

    def test_tenants_are_chosen_first_by_whoever_has_several(self) -> None:
        self.enter("operator")
        page = self.see("add", region="CH")
        self.assertContains(page, f'href="?tenant={self.contoso.pk}"')
        self.assertNotContains(page, "<textarea")

    def test_another_tenant_cannot_be_elected_for(self) -> None:
        page = self.see("add", tenant=self.fabrikam.pk, region="CH")
        self.assertNotContains(page, "Fabrikam")
        self.elect(tenant=self.fabrikam.pk, region="CH", confirmed="on")
        assert not StorageElection.objects.for_tenant(self.fabrikam).exists()

    # --- Four eyes ---

    def test_under_four_eyes_the_own_proposal_says_why_it_cannot_be_approved(self) -> None:
        with at_work():
            with_four_eyes(self.contoso)
        self.assertContains(self.see("add", region="CH"), "a second person approves it")
        self.elect(region="CH", confirmed="on")
        election = self.stored().awaiting_decision().get()
        approve, page = self.url("approve", election.pk), self.url("change", election.pk)
        why = f"{self.admin} proposed this election; by the tenant&#x27;s policy somebody else decides."
        for url in (page, approve):
            self.assertContains(self.client.get(url), why)
        self.assertNotContains(self.client.get(page), f'href="{approve}"')
        self.assertNotContains(self.client.get(approve), "<textarea")
        self.assertContains(self.client.post(approve), why, status_code=409)
        assert self.stored().awaiting_decision().exists()
        self.enter("officer")
        self.assertContains(self.client.get(page), f'href="{approve}"')
        self.client.post(approve, {"reason": "Checked."})
        election.refresh_from_db()
        assert (election.status, election.decided_by) == ("approved", str(self.officer))

    def test_while_a_proposal_waits_none_is_asked_for(self) -> None:
        waiting = self.one()
        page = self.see("add", region="CH")
        self.assertContains(page, "A proposal waits already")
        self.assertContains(page, self.url("change", waiting.pk))
        self.assertNotContains(page, "<textarea")
        answer = self.elect(region="CH", confirmed="on")
        self.assertContains(answer, "A proposal waits already", status_code=409)

    # --- Lists and the past ---

    def test_states_filter_now_and_then(self) -> None:
        began = self.stored().get()
        then = timezone.now().isoformat()
        self.elect(region="CH", confirmed="on")
        follows = self.stored().get(code="CH")
        for query, shown in (
            ({"state": "in_force"}, {follows}),
            ({"state": "superseded"}, {began}),
            ({"state": "scheduled"}, set()),
            ({"as_of": then, "state": "in_force"}, {began}),
            ({"as_of": then}, {began}),
            ({"q": "switzer"}, {follows}),
            ({"region__id__exact": follows.region_id}, {follows}),
        ):
            page = self.see("changelist", **query).content.decode()
            found = {each for each in (began, follows) if f"/{each.pk}/change/" in page}
            assert found == shown, query

    def test_a_past_page_shows_what_was_known_and_offers_nothing(self) -> None:
        before = timezone.now().isoformat()
        election = self.one()
        waits = timezone.now().isoformat()
        with at_work():
            approve_election(election=election, by=self.officer)
        page = self.url("change", election.pk)
        self.assertContains(self.client.get(page), "In force since")
        self.assertContains(self.client.get(page, {"as_of": before}), "There was no such election yet")
        then = self.client.get(page, {"as_of": waits})
        self.assertContains(then, "Waits for a decision")
        self.assertNotContains(then, self.url("approve", election.pk))

    def test_where_no_single_geography_has_the_country_it_says_what_to_do(self) -> None:
        self.enter("fabrikam_admin")
        self.assertContains(self.client.get(self.url("changelist")), "Nothing is recorded yet")
        self.assertContains(self.client.get(self.url("add")), "Nothing is elected")


class CollectionElectionPageTests(ElectionPageSuite):
    model = CollectionElection
    writings = (
        Writing(
            "add",
            {
                "tenant": lambda suite: suite.contoso.pk,
                "on": lambda _: next(_features),
                "reason": REASON,
            },
            "collection.elected",
            DECIDERS,
            wrong={"on": "telepathy", "reason": "?"},
        ),
        *ElectionPageSuite.DECISIONS,
    )

    def make(self, tenant: Tenant, name: str) -> CollectionElection:
        with_four_eyes(tenant)
        clear_the_way(tenant, CollectionElection)
        is_on = "windows_diagnostic_data" in collected_at(tenant).on
        return switched(tenant, Shell(), windows_diagnostic_data=not is_on)

    def make_many(self, tenant: Tenant) -> None:
        clear_the_way(tenant, self.model)
        set_election_policy(tenant=tenant, four_eyes=False, by=Shell())
        begins = timezone.now() + DAY
        for number in range(MANY // 2):
            withdraw_election(
                election=switched(tenant, Shell(), begins + number * DAY, device_query=True),
                by=Shell(),
                reason=REASON,
            )

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.admin)

    def preview(self, *on: str, **more: Any) -> Any:
        return self.see("add", tenant=self.contoso.pk, preview="1", on=on, **more)

    def test_all_features_are_offered_each_with_what_it_brings(self) -> None:
        page = self.client.get(self.url("add"))
        for words in (
            "Device query",
            "34 kinds of data",
            "The tenant becomes the controller",
            "Off by default",
        ):
            self.assertContains(page, words)
        self.assertNotContains(page, "<textarea")
        self.assertNotContains(page, " checked")

    def test_what_it_means_is_shown_before_it_is_decided(self) -> None:
        page = self.preview("device_query", "windows_diagnostic_data")
        self.assertContains(page, "35 kinds of data start being collected")
        self.assertContains(page, "Starts being collected: 35")
        self.assertContains(page, "Your organisation becomes the controller")
        self.assertContains(page, "GDPR Art. 4(7) and (8)")
        self.assertContains(page, '<input type="hidden" name="on" value="device_query"')
        assert not self.stored().exists()

    def test_what_follows_is_told_before_it_is_decided(self) -> None:
        begins = timezone.now() + DAY
        switched(self.contoso, Shell(), begins, device_query=True)
        offered = self.client.get(self.url("add"))
        self.assertContains(offered, f"Decided already: on from {moment_in_words(begins)}<")
        self.assertNotContains(self.preview("device_query"), "Decided by the tenant already")
        switched(self.contoso, Shell(), begins + DAY, device_query=False)
        page = self.preview("device_query")
        self.assertContains(page, f"Device query is switched off again on {begins + DAY:%Y-%m-%d %H:%M} UTC.")
        self.assertContains(page, "Decided by the tenant already")

    def test_several_features_are_one_decision(self) -> None:
        self.elect(on=["device_query", "client_diagnostics"])
        election = self.stored().get()
        assert {(part.code, part.is_on) for part in election.parts.all()} == {
            ("device_query", True),
            ("client_diagnostics", True),
        }
        assert (election.status, election.reason) == ("approved", REASON)
        assert self.activities(election) == [
            ("election.approved", "manage"),
            ("collection.elected", "assign"),
        ]
        page = self.client.get(self.url("change", election.pk))
        self.assertContains(page, "In force since")
        self.assertContains(page, "The data that it is about: 68")

    def test_what_is_unticked_is_switched_off(self) -> None:
        self.elect(on=["device_query", "client_diagnostics"])
        page = self.preview("client_diagnostics")
        self.assertContains(page, '<input type="hidden" name="off" value="device_query"')
        self.assertContains(page, "Stops being collected: 34")
        self.elect(off="device_query")
        election = self.stored().first()
        assert str(election) == "Device query off"
        first = self.client.get(self.url("change", self.stored().last().pk))
        self.assertContains(first, "In force since")
        self.elect(off="client_diagnostics")
        self.assertContains(
            self.client.get(self.url("change", self.stored().last().pk)), "Followed by another on"
        )

    def test_what_cannot_be_is_said_in_the_first_step(self) -> None:
        later = f"{timezone.now() + timedelta(days=5000):%Y-%m-%dT%H:%M}"
        for page, sentence in (
            (self.preview(), "Nothing would change"),
            (self.preview("telepathy"), "The catalog has no feature “telepathy”"),
            (self.preview("device_query", effective_from="soon"), "Enter a valid date/time"),
            (self.preview("device_query", effective_from=later), "within the next ten years"),
            (self.elect(), "Nothing would change"),
            (self.elect(on="telepathy"), "telepathy is not one of the available choices"),
        ):
            self.assertContains(page, sentence)
            self.assertContains(page, 'role="alert"')
        assert not self.stored().exists()

    def test_what_was_decided_meanwhile_is_not_decided_twice(self) -> None:
        self.elect(on="device_query")
        self.assertContains(self.elect(on="device_query"), "Device query is on already", status_code=409)
        assert self.stored().count() == 1

    def test_a_later_instant_is_kept_from_step_to_step(self) -> None:
        later = f"{timezone.localtime(timezone.now() + DAY):%Y-%m-%dT%H:%M}"
        page = self.preview("device_query", effective_from=later)
        self.assertContains(page, f'name="effective_from" value="{later}"')
        self.elect(on="device_query", effective_from=later)
        assert self.stored().get().state == "scheduled"
        self.assertContains(self.client.get(COLLECTED), "Optional features: 0 of 5 on")

    def test_lists_by_feature_and_state(self) -> None:
        self.elect(on="device_query")
        self.elect(on="client_diagnostics")
        query, diagnostics = self.stored().last(), self.stored().first()
        for asked, shown in (
            ({"feature": "device_query"}, {query}),
            ({"state": "in_force"}, {query, diagnostics}),
            ({"state": "superseded"}, set()),
            ({"q": "diagnostics"}, {diagnostics}),
        ):
            page = self.see("changelist", **asked).content.decode()
            assert {each for each in (query, diagnostics) if f"/{each.pk}/change/" in page} == shown, asked

    def test_the_past_is_shown_as_it_was_known(self) -> None:
        election = self.one()
        waits = timezone.now().isoformat()
        with at_work():
            approve_election(election=election, by=self.officer)
        page = self.client.get(self.url("change", election.pk), {"as_of": waits})
        self.assertContains(page, "Waits for a decision")
        listed = self.client.get(self.url("changelist"), {"as_of": waits, "state": "proposed"})
        self.assertContains(listed, self.url("change", election.pk))


class WhatIsCollectedTest(CastTestCase):
    """The page of a tenant, and what the catalog's pages say about the tenant at hand."""

    election: Election
    before: str

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        with at_work():
            cls.before = timezone.now().isoformat()
            cls.election = switched(cls.contoso, cls.admin, device_query=True)

    def see(self, person: Any, url: str = COLLECTED, **query: Any) -> Any:
        self.client.force_login(person)
        return self.client.get(url, query)

    def page_of(self, **about: Any) -> str:
        element = Element.objects.current().filter(**about).first()
        assert element is not None
        return reverse("admin:catalog_element_change", args=[element.pk])

    def test_counts_features_categories_and_kinds_of_data(self) -> None:
        page = self.see(self.auditor)
        self.assertContains(page, "Optional features: 1 of 5 on")
        self.assertContains(page, "Kinds of data: 158")
        self.assertContains(page, f'href="/admin/elections/collectionelection/{self.election.pk}/change/"')
        self.assertContains(page, f"by {self.admin}")
        self.assertNotContains(page, "Switch features")
        self.assertContains(self.see(self.admin), "Switch features")

    def test_is_narrowed(self) -> None:
        for query, number in (
            ({"standing": "elected"}, 34),
            ({"standing": "never"}, 11),
            ({"standing": "elected", "category": "hardware"}, 0),
        ):
            self.assertContains(self.see(self.auditor, **query), f"Kinds of data: {number}<")
        personal = self.see(self.auditor, standing="elected", personal="on")
        self.assertContains(personal, "Personal data")
        self.assertContains(self.see(self.auditor, standing="nonsense"), 'role="alert"')

    def test_the_past_is_shown_as_it_was(self) -> None:
        page = self.see(self.auditor, as_of=self.before)
        self.assertContains(page, "Optional features: 0 of 5 on")
        self.assertContains(self.see(self.auditor, as_of="then"), "is not understood", status_code=400)

    def test_nothing_of_another_tenant(self) -> None:
        page = self.see(self.fabrikam_auditor)
        self.assertNotContains(page, "ontoso")
        self.assertContains(page, "0 of 5 on")
        for slug in ("contoso", "con\0toso", "nowhere"):
            self.assertContains(self.see(self.fabrikam_auditor, tenant=slug), "There is no such tenant")
        assert self.see(self.employee).status_code == 302
        assert self.client.post(COLLECTED).status_code == 302

    def test_whoever_has_several_tenants_chooses(self) -> None:
        with at_work():
            Membership.objects.for_tenant(self.fabrikam).create(
                tenant=self.fabrikam, user=self.auditor, role=Role.AUDITOR
            )
        self.assertContains(self.see(self.auditor, tenant="fabrikam"), "Optional features: 0 of 5 on")
        self.assertContains(self.see(self.auditor, tenant="contoso"), "Optional features: 1 of 5 on")

    def test_a_page_of_the_catalog_says_why_an_element_is_collected(self) -> None:
        elected = f"Device query, since {timezone.localtime(self.election.effective_from):%-d %b %Y}"  # type: ignore[type-var]
        for about, words in (
            ({"collection": "required"}, "Collected, because the service requires it"),
            ({"features__code": "device_query"}, elected),
            ({"features__code": "client_diagnostics"}, "Not collected: it is not elected"),
            ({"collection": "never"}, "Never collected"),
        ):
            self.assertContains(self.see(self.auditor, self.page_of(**about)), words)
        foreign = self.see(self.fabrikam_auditor, self.page_of(features__code="device_query"))
        self.assertContains(foreign, "Not collected: it is not elected")
        self.assertNotContains(foreign, str(self.admin))

    def test_what_is_decided_already_is_announced(self) -> None:
        self.assertNotContains(self.see(self.auditor), "What will change")
        begins = timezone.now() + DAY
        with at_work():
            election = switched(self.contoso, Shell(), begins, device_query=False, client_diagnostics=True)
        page = self.see(self.auditor)
        self.assertContains(page, "What will change")
        self.assertContains(page, "Client diagnostics on")
        self.assertContains(page, "34, 10 of them personal")
        way = reverse("admin:elections_collectionelection_change", args=[election.pk])
        then = moment_in_words(begins)
        feature = reverse("admin:catalog_feature_change", args=[Feature.objects.get(code="device_query").pk])
        for address, words in (
            (self.page_of(features__code="client_diagnostics"), f"collected from {then} on"),
            (self.page_of(features__code="device_query"), f"not collected from {then} on"),
            (feature, f"off from {then}<"),
        ):
            page = self.see(self.auditor, address)
            self.assertContains(page, words)
            self.assertContains(page, way)
        foreign = self.see(self.fabrikam_auditor, feature)
        self.assertNotContains(foreign, then)


class ElectionPolicyPageTests(TenantPageSuite):
    model = ElectionPolicy
    reader = "officer"
    writings = (
        Writing(
            "add",
            # Where nothing changes nothing is recorded.
            {
                "tenant": lambda suite: suite.contoso.pk,
                "recipients": lambda _: next(_recipients),
                "reason": "By law.",
            },
            "electionpolicy.changed",
            OFFICERS,
            frozenset({"auditor", "admin"}),
            {"recipients": "nowhere", "reason": "?"},
        ),
        Writing(
            "set",
            {"four_eyes": "on", "recipients": "boundary", "reason": "By law."},
            "electionpolicy.changed",
            OFFICERS,
            frozenset({"auditor", "admin"}),
            {"recipients": "nowhere"},
        ),
    )

    def make(self, tenant: Tenant, name: str) -> ElectionPolicy:
        return set_election_policy(
            tenant=tenant, by=self.operator, four_eyes=False, recipients="anywhere", reason="Trial."
        )

    def make_many(self, tenant: Tenant) -> None:
        """One for each tenant is all there can be."""
        self.make(self.fabrikam, "another")

    def test_each_rule_for_recipients_is_explained(self) -> None:
        policy = self.one()
        self.enter("officer")
        for url in (self.url("change", policy.pk), self.url("set", policy.pk), self.url("add")):
            self.assertContains(
                self.client.get(url), "To countries of the geography that holds at that instant"
            )

    def test_defaults_are_said_where_nothing_was_set(self) -> None:
        self.enter("auditor")
        self.assertContains(self.client.get(self.url("changelist")), "The defaults hold")

    def test_the_past(self) -> None:
        before = timezone.now().isoformat()
        policy = self.one()
        then = timezone.now().isoformat()
        self.enter("officer")
        self.client.post(
            self.url("set", policy.pk), {"four_eyes": "on", "recipients": "boundary", "reason": "By law."}
        )
        policy.refresh_from_db()
        assert (policy.four_eyes, policy.recipients) == (True, "boundary")
        page = self.url("change", policy.pk)
        self.assertContains(self.client.get(page), "<dd>Inside the EU Data Boundary</dd>", html=True)
        self.assertContains(self.client.get(page, {"as_of": then}), "<dd>Anywhere</dd>", html=True)
        self.assertContains(self.client.get(page, {"as_of": before}), "The defaults held")
