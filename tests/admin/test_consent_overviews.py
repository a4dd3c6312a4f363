"""The overviews: consents at a glance, and where data flows; both for now and for any past moment."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Catalog, Feature, Flow, Service
from catalog.services import add_entry, remove_entry
from consents.admin.matrix import LINES
from consents.models import Consent
from consents.picture import Picture, picture_of
from consents.services import grant_consent, request_consent, withdraw_consent
from consents.streams import BACK, OUT, Standing, Stream, streams_of
from elections.services import set_election_policy
from tenants.access import Shell
from tenants.models import Membership, Tenant
from tenants.pages.moments import Moment
from tenants.roles import Role
from tests.admin.suite import at_work
from tests.cast import CastTestCase
from tests.consents.lives import door, exists_for_years, granted, requested, withdrawn
from tests.elections.stories import switched

GLANCE, FLOWING = reverse("admin:consents_consent_glance"), reverse("admin:consents_consent_picture")


def one_more_flow(**values: Any) -> Flow:
    """The catalog's next edition: one more personal datum goes to Apple through VPP."""
    catalog = Catalog.objects.get(code=REFERENCE_CATALOG)
    about = {
        "code": "apple.out.vpp.shoe_size",
        "name": "Shoe size",
        "service": "vpp",
        "direction": "to_third_party",
        "personal": True,
        "elements": [],
    }
    made: Any = add_entry(catalog=catalog, kind="flows", values=about | values, by=Shell(), reason="Edition")
    return made  # type: ignore[no-any-return]


class OverviewCase(CastTestCase):
    def see(self, person: Any, url: str, **query: Any) -> str:
        with at_work():
            self.client.force_login(person)
        answer = self.client.get(url, query)
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()

    def queries(self, person: Any, url: str) -> int:
        self.see(person, url)
        with CaptureQueriesContext(connection) as captured:
            assert self.client.get(url).status_code == 200
        return len(captured)


class GlanceTests(OverviewCase):
    def line(self, page: str, words: str) -> str:
        """The row of the matrix that says these words."""
        rows: list[str] = re.findall(r"<tr>.*?</tr>", page, re.S)
        return next(row for row in rows if words in row)

    def test_an_empty_tenant_is_told_what_to_do(self) -> None:
        page = self.see(self.admin, GLANCE)
        assert "Nothing is switched on" in page
        for service in Service.objects.current().filter(needs_consent=True):
            assert service.name in page
            assert f"?service={service.pk}&amp;" in page

    def test_every_state_is_shown_with_its_numbers(self) -> None:
        exists_for_years(self.contoso)
        now = timezone.now()
        granted(self.contoso, self.officer, connection="Berlin")
        granted(self.contoso, self.officer, connection="Later", effective_from=now + timedelta(days=9))
        withdrawn(self.contoso, self.officer, connection="Munich")
        requested(self.contoso, self.officer, connection="Kiel")
        past: dict[str, Any] = {
            "effective_from": now - timedelta(days=9),
            "effective_until": now - timedelta(days=1),
        }
        granted(self.contoso, self.officer, connection="Ulm", **past)
        page = self.see(self.officer, GLANCE)
        flows = Flow.objects.current().filter(service__code="vpp")
        covers = (
            f"<strong>{flows.count()}</strong> data, <strong>{flows.filter(personal=True).count()}</strong>"
        )
        for connection_name, words in (
            ("Berlin", "Granted"),
            ("Later", "Granted, begins on"),
            ("Munich", "Withdrawn"),
            ("Kiel", "Requested"),
            ("Ulm", "Expired"),
        ):
            row = self.line(page, f"<strong>{connection_name}</strong>")
            assert words in row, connection_name
            assert covers in row, connection_name
        assert "2 steps open" in self.line(page, "<strong>Munich</strong>")
        assert "?progress=open&amp;q=" in self.line(page, "<strong>Munich</strong>")
        assert "would cover" in self.line(page, "<strong>Kiel</strong>")

    def test_buttons_are_what_state_and_role_allow(self) -> None:
        waiting = requested(self.contoso, self.admin, connection="Kiel")
        holding = granted(self.contoso, self.admin, connection="Berlin")
        page = self.see(self.admin, GLANCE)
        for deed, consent in (
            ("grant", waiting),
            ("decline", waiting),
            ("withdraw", holding),
            ("renew", holding),
        ):
            assert reverse(f"admin:consents_consent_{deed}", args=[consent.pk]) in page
        assert reverse("admin:consents_consent_grant", args=[holding.pk]) not in page
        seen = self.see(self.auditor, GLANCE)
        assert "/withdraw/" not in seen
        assert "/add/" not in seen

    def test_a_request_beside_what_holds_can_be_granted_from_here(self) -> None:
        holding = granted(self.contoso, self.admin, connection="Berlin")
        with door():
            renewal = request_consent(
                tenant=self.contoso,
                service=holding.service,
                connection="Berlin",
                renews=holding,
                by=self.admin,
            )
        row = self.line(self.see(self.admin, GLANCE), "<strong>Berlin</strong>")
        assert "Renewal requested" in row
        assert reverse("admin:consents_consent_grant", args=[renewal.pk]) in row
        assert reverse("admin:consents_consent_withdraw", args=[holding.pk]) in row

    def test_a_new_edition_asks_for_a_renewal_and_the_past_does_not(self) -> None:
        granted(self.contoso, self.admin, connection="Berlin")
        before = timezone.now()
        with at_work():
            one_more_flow()
        assert "Needs renewal: 1 not covered" in self.see(self.officer, GLANCE)
        assert "Needs renewal" not in self.see(self.officer, GLANCE, as_of=before.isoformat())

    def test_the_past_is_as_it_was(self) -> None:
        before = timezone.now().isoformat()
        consent = granted(self.contoso, self.admin, connection="Berlin")
        while_it_held = timezone.now().isoformat()
        with door():
            withdraw_consent(consent=consent, by=self.admin, reason="Over.")
        assert "At that moment no consent had been asked for" in self.see(self.auditor, GLANCE, as_of=before)
        past = self.see(self.admin, GLANCE, as_of=while_it_held)
        row = self.line(past, "<strong>Berlin</strong>")
        assert "Granted" in row
        assert "/withdraw/" not in row
        assert "steps open" not in row
        assert "As it was, and was known, at" in past
        assert "Withdrawn" in self.line(self.see(self.admin, GLANCE), "<strong>Berlin</strong>")

    def test_moments_that_make_no_sense_are_answered(self) -> None:
        self.client.force_login(self.auditor)
        tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
        for url in (GLANCE, FLOWING):
            for text in ("yesterday", "2026-13-45", "0000", tomorrow, "9" * 500, "%00"):
                answer = self.client.get(url, {"as_of": text})
                self.assertContains(answer, 'role="alert"', status_code=400)
            for text in (
                "0001-01-01T00:00:00Z",
                "2026-01-01",
                "2026-01-01T00:00",
                "2026-01-01T00:00:00+14:00",
                "",
            ):
                assert self.client.get(url, {"as_of": text}).status_code == 200, text

    def test_several_tenants_stand_side_by_side(self) -> None:
        Membership.objects.for_tenant(self.fabrikam).create(
            tenant=self.fabrikam, user=self.auditor, role=Role.AUDITOR
        )
        here = granted(self.contoso, self.admin, connection="Berlin")
        there = requested(self.fabrikam, self.fabrikam_admin, connection="Berlin")
        page = self.see(self.auditor, GLANCE)
        row = self.line(page, "<strong>Berlin</strong>")
        for consent in (here, there):
            assert reverse("admin:consents_consent_change", args=[consent.pk]) in row
        assert re.findall(r'<th scope="col">(\w+)</th>', page) == ["Contoso", "Fabrikam"]

    def test_another_tenant_is_not_there(self) -> None:
        granted(self.contoso, self.admin, connection="Berlin")
        for url in (GLANCE, FLOWING):
            page = self.see(self.fabrikam_officer, url)
            assert "Berlin" not in page
            assert "contoso" not in page.lower()
        assert "Contoso" not in self.see(self.fabrikam_officer, FLOWING, tenant="contoso")

    def test_lines_come_by_the_page(self) -> None:
        for number in range(LINES + 1):
            requested(self.contoso, self.admin, connection=f"number {number:03}")
        first = self.see(self.auditor, GLANCE)
        assert f"number {LINES - 1:03}" in first
        assert f"number {LINES:03}" not in first
        assert f"Page 1 of 2, {LINES + 1} lines" in first
        assert f"number {LINES:03}" in self.see(self.auditor, GLANCE, p="2")
        assert "There is no such page" in self.see(self.auditor, GLANCE, p="99")
        for nonsense in ("-1", "abc", "0", "9" * 40):
            self.see(self.auditor, GLANCE, p=nonsense, tenants=nonsense)

    def test_the_number_of_queries_does_not_grow(self) -> None:
        granted(self.contoso, self.admin, connection="a")
        withdrawn(self.contoso, self.admin, connection="b")
        before = self.queries(self.admin, GLANCE)
        for number in range(6):
            granted(self.contoso, self.admin, connection=f"a{number}")
            withdrawn(self.contoso, self.admin, connection=f"b{number}")
            requested(self.contoso, self.admin, connection=f"c{number}")
        assert self.queries(self.admin, GLANCE) == before <= 26

    def test_strangers_and_writes_are_refused(self) -> None:
        for url in (GLANCE, FLOWING):
            self.client.force_login(self.employee)
            self.assertRedirects(
                self.client.get(url), f"/admin/login/?next={url}", fetch_redirect_response=False
            )
            self.client.force_login(self.admin)
            assert self.client.post(url).status_code == 405


class PictureTests(OverviewCase):
    def streams(self, moment: Moment | None = None) -> dict[str, list[Stream]]:
        return streams_of(self.contoso, moment or Moment())

    def standings(self, moment: Moment | None = None) -> set[Standing]:
        """How it stands with what goes out through VPP."""
        return {s.standing for s in self.streams(moment)[OUT] if s.service.code == "vpp"}

    def test_every_flow_stands_in_it_once(self) -> None:
        for way, streams in self.streams().items():
            current = Flow.objects.current().filter(direction=way)
            assert sum(s.flows for s in streams) == current.count() > 0
            assert sum(s.personal for s in streams) == current.filter(personal=True).count()

    def test_what_may_flow_follows_the_consents(self) -> None:
        assert self.standings() == {Standing.OFF}
        first = granted(self.contoso, self.admin, connection="Berlin")
        held = timezone.now()
        assert self.standings() == {Standing.ALLOWED}
        with at_work():
            flow = one_more_flow()
        assert self.standings() == {Standing.ALLOWED, Standing.LACKING}
        granted(self.contoso, self.admin, connection="Munich")
        assert Standing.LACKING in self.standings(), "Berlin still covers less"
        with at_work():
            remove_entry(entry=flow, by=Shell(), reason="Edition")
        assert self.standings() == {Standing.ALLOWED}
        for consent in Consent.objects.for_tenant(self.contoso):
            with door():
                withdraw_consent(consent=consent, by=self.admin, reason="Over.")
        assert self.standings() == {Standing.OFF}
        assert self.standings(Moment(held, at=held)) == {Standing.ALLOWED}
        assert first.pk

    def test_what_begins_later_may_not_flow_yet(self) -> None:
        granted(self.contoso, self.admin, effective_from=timezone.now() + timedelta(days=2))
        assert self.standings() == {Standing.OFF}

    def with_optional_data(self) -> Consent:
        """A consent for what receives optional data."""
        element = Feature.objects.get(code="device_query").elements.order_by("code")[0]
        with at_work():
            one_more_flow(elements=[element.code])
        return granted(self.contoso, self.admin)

    def test_optional_data_flows_once_it_is_switched_on(self) -> None:
        self.with_optional_data()
        assert self.standings() == {Standing.ALLOWED, Standing.NOT_COLLECTED}
        before, begins = timezone.now(), timezone.now() + timedelta(days=1)
        switched(self.contoso, self.officer, device_query=True)
        assert self.standings() == {Standing.ALLOWED}
        assert self.standings(Moment(before, at=before)) == {Standing.ALLOWED, Standing.NOT_COLLECTED}
        switched(self.contoso, self.officer, begins, device_query=False)
        assert self.standings(Moment(at=begins)) == {Standing.ALLOWED, Standing.NOT_COLLECTED}

    def test_the_consents_page_says_of_optional_data_whether_it_is_collected(self) -> None:
        consent = self.with_optional_data()
        address = reverse("admin:consents_consent_change", args=[consent.pk])
        assert "Optional, not collected" in self.see(self.auditor, address)
        before = timezone.now()
        switched(self.contoso, self.officer, device_query=True)
        assert "Collected: Device query since" in self.see(self.auditor, address)
        assert "Optional, not collected" in self.see(self.auditor, address, as_of=before.isoformat())
        renewing = reverse("admin:consents_consent_renew", args=[consent.pk])
        assert "Collected: Device query since" in self.see(self.admin, renewing)

    def test_nothing_may_go_where_the_tenants_rule_does_not_let_it(self) -> None:
        consent = granted(self.contoso, self.admin, safeguard="")
        free = timezone.now()
        for rule in ("boundary", "geography", "safeguarded"):
            set_election_policy(tenant=self.contoso, recipients=rule, by=self.officer)
            assert self.standings() == {Standing.ELSEWHERE}
        assert self.standings(Moment(free, at=free)) == {Standing.ALLOWED}
        for page in (FLOWING, GLANCE):
            assert "Not allowed into this country" in self.see(self.auditor, page)
            assert "Not allowed into this country" not in self.see(self.auditor, page, as_of=free.isoformat())
        with door():
            withdraw_consent(consent=consent, by=self.admin, reason="Over.")
        granted(self.contoso, self.admin)
        assert self.standings() == {Standing.ALLOWED}, "the consent names clauses"

    def drawn(self, tenant: Tenant, way: str) -> Picture:
        streams = streams_of(tenant, Moment())[way]
        picture = picture_of(streams, tenant, {"DE"}, lambda model, key: f"/{key}", outgoing=way == OUT)
        assert picture is not None
        return picture

    def test_picture_and_streams_say_the_same_numbers(self) -> None:
        granted(self.contoso, self.admin)
        for way, streams in self.streams().items():
            picture = self.drawn(self.contoso, way)
            flows, personal = sum(s.flows for s in streams), sum(s.personal for s in streams)
            for lane in picture.lanes:
                assert sum(box.flows for box in lane.boxes.values()) == flows
                assert sum(box.personal for box in lane.boxes.values()) == personal
            assert sum(band.flows for band in picture.bands) == 3 * flows
            for standing in Standing:
                among = sum(s.flows for s in streams if s.standing == standing)
                assert sum(b.flows for b in picture.bands if b.standing == standing) == 3 * among

    def test_bands_fill_their_boxes_and_stay_inside(self) -> None:
        for way in (OUT, BACK):
            picture = self.drawn(self.contoso, way)
            for band in picture.bands:
                for box, edge in ((band.start, band.y1), (band.end, band.y2)):
                    assert box.y - 0.01 <= edge
                    assert edge + band.width <= box.y + box.height + 0.01
            for lane in picture.lanes:
                boxes = sorted(lane.boxes.values(), key=lambda box: box.y)
                for upper, lower in pairwise(boxes):
                    assert upper.y + upper.height < lower.y
                assert boxes[-1].y + boxes[-1].height <= picture.height

    def test_what_comes_in_is_drawn_the_other_way(self) -> None:
        assert [lane.heading for lane in self.drawn(self.contoso, OUT).lanes] == [
            lane.heading for lane in reversed(self.drawn(self.contoso, BACK).lanes)
        ]

    def test_leaving_the_eu_is_said_only_where_data_leaves_it(self) -> None:
        assert "third country" in self.drawn(self.contoso, OUT).boxes[-1].small
        assert "third country" not in self.drawn(self.fabrikam, OUT).boxes[-1].small

    def test_the_page_shows_picture_and_table_alike(self) -> None:
        granted(self.contoso, self.admin)
        page = self.see(self.auditor, FLOWING)
        assert "style=" not in page.split('id="content-main"')[1].split("</main>")[0]
        pictures = re.findall(r"<svg viewBox.*?</svg>", page, re.S)
        tables = re.findall(r'<table class="pc-table.*?</table>', page, re.S)
        assert len(pictures) == len(tables) == 2
        for picture, table in zip(pictures, tables, strict=True):
            rows = re.findall(r'data-label="Flows"[^>]*><div>(\d+)</div>', table)
            *flows, total = map(int, rows)
            assert sum(flows) == total
            bands = [int(number) for number in re.findall(r"<title>(\d+) from ", picture)]
            assert sum(bands) == 3 * total
        assert "Nothing is shared with Microsoft Configuration Manager" in page

    def test_a_consent_shows_what_it_allows_itself(self) -> None:
        gone = withdrawn(self.contoso, self.admin, connection="Munich")
        holds = granted(self.contoso, self.admin, connection="Berlin")
        of = "admin:consents_consent_change"
        assert "pc-key-off" in self.see(self.auditor, reverse(of, args=[gone.pk]))
        assert "pc-key-allowed" in self.see(self.auditor, reverse(of, args=[holds.pk]))

    def test_several_tenants_can_be_chosen_between(self) -> None:
        page = self.see(self.operator, FLOWING)
        assert 'href="?tenant=fabrikam"' in page
        assert 'href="?tenant=fabrikam" aria-current="true"' in self.see(
            self.operator, FLOWING, tenant="fabrikam"
        )
        assert "There is no such tenant" in self.see(self.operator, FLOWING, tenant="nobody")

    def test_the_number_of_queries_does_not_grow(self) -> None:
        before = self.queries(self.admin, FLOWING)
        for number in range(5):
            granted(self.contoso, self.admin, connection=f"a{number}")
        assert self.queries(self.admin, FLOWING) == before <= 22


def test_a_consent_whose_end_has_passed_allows_nothing(cast: Any) -> None:
    """Though nobody has called it expired yet."""
    exists_for_years(cast.contoso)
    consent = requested(cast.contoso, cast.admin)
    now = timezone.now()
    with door():
        grant_consent(
            consent=consent,
            by=cast.officer,
            reason="Trial",
            effective_from=now - timedelta(days=9),
            effective_until=now - timedelta(days=1),
        )
    standings = {s.standing for s in streams_of(cast.contoso, Moment())[OUT] if s.service.code == "vpp"}
    assert standings == {Standing.OFF}
