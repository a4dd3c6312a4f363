"""Decisions obey what the tenant elected and where it lets data go, by both clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Catalog, Element, ThirdParty
from catalog.services import add_entry, amend_entry
from consents.decisions import Question, barriers, decide
from consents.models import Consent
from elections.models import CollectionElection, ElectionPolicy, StorageElection
from elections.services import begin_storage, elect_collection, set_election_policy, withdraw_election
from tenants.access import Shell
from tests.consents.stories import DAY, SERIAL_NUMBER, DecisionTestCase, instant
from tests.elections.stories import moved, switched

REASON = "The product changed"
TICK = timedelta(microseconds=1)
# What is brought by one feature, and what by two.
QUERIED, BY_TWO = "apple.out.vpp.queried", "apple.out.vpp.by_two"


def add(kind: str, **values: Any) -> Any:
    catalog = Catalog.objects.get(code=REFERENCE_CATALOG)
    return add_entry(catalog=catalog, kind=kind, values=values, by=Shell(), reason=REASON)


class ObeyingTestCase(DecisionTestCase):
    """Contoso consents to vpp, which in this edition also receives optional data."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        elements = Element.objects.current().filter(collection="optional").order_by("code")
        alone = elements.filter(features__code="device_query").exclude(features__code="client_diagnostics")[0]
        other = elements.filter(features__code="licence_attestation")[0]
        about = {"service": "vpp", "direction": "to_third_party", "personal": False}
        add("flows", code=QUERIED, name="Queried", elements=[alone.code], **about)
        add("flows", code=BY_TWO, name="By two", elements=[alone.code, other.code], **about)
        add("third_parties", code="made", name="Made", country="US")
        add("services", code="made", name="Made", third_party="made", connections="many")
        add("flows", code="made.out", **(about | {"service": "made", "name": "Made"}))
        begin_storage(tenant=cls.contoso, by=Shell())

    def rule(self, recipients: str) -> ElectionPolicy:
        return set_election_policy(tenant=self.contoso, recipients=recipients, by=self.officer)

    def country(self, country: str, party: str = "made") -> None:
        entry = ThirdParty.objects.get(code=party)
        amend_entry(entry=entry, values={"country": country}, by=Shell(), reason=REASON)

    def queries(self, questions: list[Question], **clocks: Any) -> int:
        decide(tenant=self.contoso, questions=questions, **clocks)
        with CaptureQueriesContext(connection) as captured:
            decide(tenant=self.contoso, questions=questions, **clocks)
        return len(captured)


class TestCollection(ObeyingTestCase):
    def setUp(self) -> None:
        self.consent = self.granted()

    def test_optional_data_flows_once_a_feature_that_brings_it_is_on(self) -> None:
        assert self.code(QUERIED) == self.code(BY_TWO) == "collection_not_elected"
        assert "Device query is off" in self.ask(QUERIED).reasons[0].detail
        switched(self.contoso, self.officer, licence_attestation=True)
        assert self.code(QUERIED) == "collection_not_elected"
        assert self.code(BY_TWO) == "granted"
        assert self.code(service="vpp") == "collection_not_elected"
        switched(self.contoso, self.officer, device_query=True)
        assert self.code(QUERIED) == self.code(service="vpp") == "granted"

    def test_from_the_instant_on_and_not_before(self) -> None:
        begins = timezone.now() + DAY
        switched(self.contoso, self.officer, begins, device_query=True)
        switched(self.contoso, self.officer, begins + DAY, device_query=False)
        asked = [begins - TICK, begins, begins + DAY - TICK, begins + DAY]
        no, yes = "collection_not_elected", "granted"
        assert [self.code(QUERIED, at=at) for at in asked] == [no, yes, yes, no]
        assert "Device query is off since" in self.ask(QUERIED, at=asked[-1]).reasons[0].detail

    def test_as_it_was_known(self) -> None:
        before = instant()
        switched(self.contoso, self.officer, before - 10 * DAY, device_query=True)
        known = instant()
        assert self.code(QUERIED, at=before, known_at=before) == "collection_not_elected"
        assert self.code(QUERIED, at=known, known_at=before) == "collection_not_elected"
        assert self.code(QUERIED, at=known, known_at=known) == "granted"
        assert self.code(QUERIED, at=before - 11 * DAY) == "collection_not_elected"

    def test_a_proposal_switches_nothing_nor_does_what_was_withdrawn(self) -> None:
        begins = timezone.now() + DAY
        election = switched(self.contoso, self.officer, begins, device_query=True)
        known = instant()
        withdraw_election(election=election, by=self.officer, reason="Plans changed.")
        assert self.code(QUERIED, at=begins) == "collection_not_elected"
        assert self.code(QUERIED, at=begins, known_at=known) == "granted"
        set_election_policy(tenant=self.contoso, four_eyes=True, by=self.officer)
        switched(self.contoso, self.officer, device_query=True)
        assert self.code(QUERIED) == "collection_not_elected"

    def test_of_two_that_begin_together_the_later_recorded_decides(self) -> None:
        begins = timezone.now() + DAY
        switched(self.contoso, self.officer, begins, device_query=True)
        switched(self.contoso, self.officer, begins, device_query=False)
        assert self.code(QUERIED, at=begins) == "collection_not_elected"

    def test_another_tenants_election_is_none(self) -> None:
        elect_collection(
            tenant=self.fabrikam, features={"device_query": True}, by=self.fabrikam_officer, reason=REASON
        )
        assert self.code(QUERIED) == "collection_not_elected"
        self.granted(tenant=self.fabrikam)
        assert self.code(QUERIED, tenant=self.fabrikam) == "granted"

    def test_an_election_is_no_consent(self) -> None:
        switched(self.contoso, self.officer, device_query=True)
        assert self.code(QUERIED, connection="Oslo") == "no_consent"

    def test_the_evidence_names_the_election(self) -> None:
        election = switched(self.contoso, self.officer, device_query=True, licence_attestation=True)
        decision = self.ask(BY_TWO)
        (evidence,) = decision.evidence.elections
        assert (evidence.kind, evidence.id, evidence.record_id) == (
            "collection", election.pk, str(election.record_id),
        )  # fmt: skip
        event = AuditEvent.objects.across_tenants().get(pk=evidence.history_id)
        assert event.activity == "election.approved"
        row = CollectionElection.history.for_tenant(self.contoso).get(history_id=evidence.history_id)
        assert (row.id, row.status) == (election.pk, "approved")
        assert decision.consent == self.consent.pk
        assert "Device query is on since" in decision.reasons[0].detail
        assert self.ask(SERIAL_NUMBER).evidence.elections == ()
        assert self.ask(service="vpp").evidence.elections == (evidence,)


class TestRecipients(ObeyingTestCase):
    def test_anywhere_unless_the_tenant_says_otherwise(self) -> None:
        self.granted()
        assert self.ask().evidence.policy is None
        self.rule("boundary")
        assert self.code() == "region_not_allowed"
        self.rule("anywhere")
        assert self.code() == "granted"

    def test_inside_the_eu_data_boundary(self) -> None:
        self.granted()
        self.rule("boundary")
        decision = self.ask()
        assert decision.reasons[0].code == "region_not_allowed"
        assert "is in United States" in decision.reasons[0].detail
        assert "region_not_allowed" in {reason.code for reason in self.ask(service="vpp").reasons}
        assert "region_not_allowed" in {reason.code for reason in self.ask(third_party="apple").reasons}
        self.granted("made")
        assert self.code("made.out") == "region_not_allowed"
        self.country("IE")
        assert self.code("made.out") == "granted"

    def test_what_comes_in_has_no_recipient_elsewhere(self) -> None:
        self.granted()
        flow = add(
            "flows",
            code="in",
            name="In",
            elements=[],
            service="vpp",
            direction="from_third_party",
            personal=True,
        )
        self.granted(connection="Oslo")
        self.rule("boundary")
        assert self.code(flow.code, connection="Oslo") == "granted"

    def test_in_the_geography_that_is_elected_at_the_instant(self) -> None:
        self.granted()
        self.rule("geography")
        assert self.code() == "region_not_allowed"
        assert "elected since" in self.ask().reasons[0].detail
        begins = timezone.now() + DAY
        election = moved(self.contoso, "NA", self.admin, begins)
        assert self.code(at=begins - TICK) == "region_not_allowed"
        assert self.code(at=begins) == "granted"
        (evidence,) = self.ask(at=begins).evidence.elections
        assert (evidence.kind, evidence.id) == ("storage", election.pk)
        row = StorageElection.history.for_tenant(self.contoso).get(history_id=evidence.history_id)
        assert (row.code, row.status) == ("NA", "approved")
        known = instant()
        withdraw_election(election=election, by=self.admin, reason="Plans changed.")
        assert self.code(at=begins) == "region_not_allowed"
        assert self.code(at=begins, known_at=known) == "granted"

    def test_without_an_elected_geography_nowhere(self) -> None:
        self.granted(tenant=self.fabrikam)
        set_election_policy(tenant=self.fabrikam, recipients="geography", by=self.fabrikam_officer)
        assert self.code(tenant=self.fabrikam) == "region_not_allowed"
        moved(self.contoso, "NA", self.admin)
        assert self.code(tenant=self.fabrikam) == "region_not_allowed"

    def test_an_unknown_country_is_nowhere(self) -> None:
        self.granted("made", safeguard="standard_clauses")
        self.country("")
        assert self.code("made.out") == "granted"
        for rule in ("boundary", "geography", "safeguarded"):
            self.rule(rule)
            assert self.code("made.out") == "region_not_allowed"
            assert "does not know" in self.ask("made.out").reasons[0].detail

    def test_whoever_needs_no_consent_obeys_too(self) -> None:
        add("third_parties", code="agent", name="Agent", agent_of_processor=True, country="US")
        add("services", code="help", name="Help", third_party="agent")
        add("services", code="free", name="Free", third_party="google", needs_consent=False)
        for rule in ("boundary", "safeguarded"):
            self.rule(rule)
            assert self.code(service="help") == self.code(service="free") == "region_not_allowed"
        self.country("NO", "agent")
        assert self.code(service="help") == "agent_of_processor"

    def test_the_rule_is_that_of_the_instant(self) -> None:
        self.granted()
        free = instant()
        policy = self.rule("boundary")
        bound = instant()
        self.rule("anywhere")
        assert [self.code(at=at) for at in (free, bound)] == ["granted", "region_not_allowed"]
        assert self.code(at=bound, known_at=bound) == "region_not_allowed"
        assert self.code(at=timezone.now(), known_at=bound) == "region_not_allowed"
        assert self.code() == self.code(at=timezone.now() + DAY) == "granted"
        evidence = self.ask(at=bound).evidence
        row = ElectionPolicy.history.for_tenant(self.contoso).get(history_id=evidence.policy)
        assert (row.id, row.recipients) == (policy.pk, "boundary")

    def test_another_tenants_rule_is_none(self) -> None:
        self.granted(tenant=self.fabrikam)
        self.rule("boundary")
        assert self.code(tenant=self.fabrikam) == "granted"


class TestSafeguards(ObeyingTestCase):
    def setUp(self) -> None:
        self.rule("safeguarded")

    def agreed(self, connection: str, safeguard: str = "", **period: Any) -> Consent:
        return self.granted("made", connection, safeguard=safeguard, **period)

    def code_of(self, connection: str, **clocks: Any) -> str:
        return self.code("made.out", connection=connection, **clocks)

    def test_a_third_country_takes_a_safeguard_that_the_consent_names(self) -> None:
        assert self.code_of("none") == "no_consent"
        for name in ("", "standard_clauses", "binding_rules", "derogation"):
            consent = self.agreed(name, name)
            assert self.code_of(name) == ("granted" if name else "region_not_allowed")
            assert self.ask("made.out", connection=name).consent == consent.pk
        assert "third country" in self.ask("made.out").reasons[0].detail

    def test_a_partial_adequacy_decision_counts_where_the_consent_names_it(self) -> None:
        for name in ("", "adequacy"):
            self.agreed(name, name)
        assert self.code_of("adequacy") == "granted"
        assert self.code_of("") == "region_not_allowed"

    def test_an_adequacy_decision_that_is_not_in_force_is_none(self) -> None:
        self.country("CL")
        self.agreed("Chile", "adequacy")
        assert self.code_of("Chile") == "region_not_allowed"
        assert "none is in force" in self.ask("made.out", connection="Chile").reasons[0].detail
        today = timezone.localdate()
        add(
            "adequacy_decisions", code="CL", name="Chile", country="CL", reference="Decision 1",
            decided_on=str(today + 2 * DAY), ends_on=str(today + 9 * DAY),
        )  # fmt: skip
        asked = [timezone.now() + days * DAY for days in (1, 2, 8, 9)]
        no, yes = "region_not_allowed", "granted"
        assert [self.code_of("Chile", at=at) for at in asked] == [no, yes, yes, no]

    def test_a_full_adequacy_decision_and_the_eea_need_nothing_named(self) -> None:
        self.agreed("Bern")
        assert self.code_of("Bern") == "region_not_allowed"
        for country in ("CH", "IE"):
            self.country(country)
            assert self.code_of("Bern") == "granted"

    def test_the_safeguard_is_that_of_the_consent_in_force(self) -> None:
        first, then = self.agreed("Oslo"), timezone.now() + DAY
        self.agreed("Oslo", "standard_clauses", renews=first, effective_from=then)
        answers = [self.code_of("Oslo", at=at) for at in (then - TICK, then)]
        assert answers == ["region_not_allowed", "granted"]


class TestQueries(ObeyingTestCase):
    def test_two_at_most_now_and_then(self) -> None:
        """With the check of the token three, as the API tests count them."""
        self.granted()
        switched(self.contoso, self.officer, device_query=True)
        then = instant()
        optional, plain = [Question(flow=QUERIED)], [Question(flow=SERIAL_NUMBER)]
        assert [self.queries(asked) for asked in (plain, optional)] == [1, 2]
        assert [self.queries(asked, known_at=then) for asked in (plain, optional)] == [2, 2]
        for number in range(3):
            self.rule("geography")
            moved(self.contoso, ("CH", "EU", "CH")[number], self.admin)
            switched(self.contoso, self.officer, device_query=bool(number % 2))
        assert [self.queries(asked) for asked in (plain, optional)] == [2, 2]
        assert [self.queries(asked, at=then) for asked in (plain, optional)] == [2, 2]
        thousand = [Question(flow=QUERIED, connection=f"c{number}") for number in range(1000)]
        assert self.queries(thousand) == 3


class TestBarriers(ObeyingTestCase):
    def test_pages_see_what_decisions_answer(self) -> None:
        safeguards = ("", "adequacy")
        for name in safeguards:
            self.granted(connection=name, safeguard=name)
        seen = set()
        for rule in ("boundary", "geography", "safeguarded", "anywhere"):
            self.rule(rule)
            for flow in (SERIAL_NUMBER, QUERIED):
                for name in safeguards:
                    code = self.code(flow, connection=name)
                    barrier = barriers(self.contoso).against(flow, [name])
                    assert barrier == ("" if code == "granted" else code)
                    seen.add(barrier)
        assert seen == {"", "collection_not_elected", "region_not_allowed"}
        assert barriers(self.contoso).against("nothing") == ""
