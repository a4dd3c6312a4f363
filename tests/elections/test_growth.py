"""A later edition of the catalog adds to a feature that is on: nobody was asked, so somebody is told and can answer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from catalog.models import Element, Feature
from elections.collecting import collected_at
from elections.growth import added_to
from elections.services.collection import what_features_mean
from tenants.access import Principal
from tests.elections.stories import OF_LENS, REASON, ElectionsTestCase, brings, code_of, lens, switched
from work.worklist import Asked, worklist


class GrowthTest(ElectionsTestCase):
    feature: Feature

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.feature = lens()

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.admin)

    def brings(self, number: int) -> None:
        brings(self.feature, number)

    def items(self, person: Principal) -> list[tuple[str, str]]:
        asked = Asked(frozenset({"elections.growth"}))
        found = worklist(person, person.tenants(), timezone.now(), asked)
        return [(item.tenant.slug, item.title) for item in found]

    def test_it_waits_until_the_feature_is_elected_anew(self) -> None:
        switched(self.contoso, self.admin, lens=True, enhanced_inventory=True)
        switched(self.fabrikam, self.fabrikam_admin, enhanced_inventory=True)
        assert code_of(switched, self.contoso, self.admin, lens=True) == ("", "already_so")
        self.brings(2)
        waits = [("contoso", "Lens collects more than was elected")]
        assert self.items(self.officer) == self.items(self.auditor) == waits
        assert self.items(self.fabrikam_officer) == []
        election = switched(self.contoso, self.admin, lens=True)
        (told,) = (each for each in election.consequences if each["code"] == "added")
        assert told["sentence"].startswith("Lens: 1 more kind of data is collected since edition 2")
        assert told["source"]
        assert self.items(self.officer) == []
        assert code_of(switched, self.contoso, self.admin, lens=True) == ("", "already_so")

    def test_switching_it_off_is_an_answer_too(self) -> None:
        switched(self.contoso, self.admin, lens=True)
        self.brings(2)
        switched(self.contoso, self.admin, lens=False)
        assert self.items(self.officer) == []

    def test_what_was_taken_away_again_asks_nobody(self) -> None:
        switched(self.contoso, self.admin, lens=True)
        self.brings(2)
        self.brings(1)
        assert self.items(self.officer) == []
        assert added_to(collected_at(self.contoso).parts) == {}

    def test_the_pages_say_so_and_lead_to_the_answer(self) -> None:
        switched(self.contoso, self.admin, lens=True)
        self.brings(2)
        page = self.client.get("/admin/elections/collectionelection/collected/?tenant=contoso")
        self.assertContains(page, "More is collected than was elected")
        self.assertContains(page, Element.objects.get(code=OF_LENS[1]).name)
        add = "/admin/elections/collectionelection/add/"
        self.assertContains(self.client.get(add), "1 kind of data was added since it was elected")
        asked: dict[str, Any] = {"tenant": self.contoso.pk, "preview": "1", "on": ["lens"]}
        self.assertContains(self.client.get(add, asked), "1 more kind of data is collected since edition 2")
        self.client.post(add, {"tenant": self.contoso.pk, "on": "lens", "reason": REASON})
        assert added_to(collected_at(self.contoso).parts) == {}

    def test_each_election_is_compared_with_its_own_edition(self) -> None:
        switched(self.contoso, self.admin, lens=True)
        self.brings(2)
        switched(self.contoso, self.admin, lens=True)
        self.brings(3)
        parts = collected_at(self.contoso).parts
        with self.assertNumQueries(1):
            added = added_to(parts)
        assert [element.code for element in added[self.feature.pk]] == [OF_LENS[2]]
        told = what_features_mean(self.contoso, {"lens": True}, None).told
        assert [each.code for each in told] == ["added"]
