"""The world map: what came with the console, and what is drawn of a verdict."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.utils import timezone
from django_countries import countries

from catalog.countries import country_code, country_name
from catalog.models import AdequacyDecision, Datacentre, Region
from residency.facts import When
from residency.picture import WORLD, map_of, world
from residency.places import Gazetteer
from residency.verdict import verdict_of
from residency.world.draw import clipped, cut, projected, unrolled
from tests.cast import CastTestCase
from tests.consents.lives import exists_for_years, granted
from tests.residency.making import elected


def test_it_is_small_and_made_of_plain_paths() -> None:
    assert WORLD.stat().st_size < 60_000
    drawn = world()
    assert all(re.fullmatch(r"[Mlz0-9 -]+", path) for path in [*drawn["paths"].values(), drawn["rest"]])
    assert set(drawn["paths"]) <= set(drawn["centres"]) <= set(dict(countries))
    for x, y in drawn["centres"].values():
        assert 0 <= x <= drawn["width"]
        assert -5 <= y <= drawn["height"] + 5


def test_what_crosses_the_date_line_is_cut_there() -> None:
    ring = [(170.0, 60.0), (-170.0, 60.0), (-170.0, 70.0), (170.0, 70.0)]
    assert unrolled(ring)[1] == (190.0, 60.0)
    east, west = sorted(cut(unrolled(ring)), key=lambda part: part[0][0], reverse=True)
    assert {x for x, _ in east} == {170.0, 180.0}
    assert {x for x, _ in west} == {-180.0, -170.0}
    assert clipped([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], 5, keeps_east=True) == []
    assert projected(0, 0) == (500.0, 0.0)


def test_countries_are_named_by_exact_names_and_codes_only() -> None:
    for text, code in {
        "Germany": "DE", "germany": "DE", " South  Korea ": "KR", "Hong Kong SAR": "HK", "United States": "US",
        "USA": "US", "de": "DE", "Türkiye": "TR", "Turkey": "TR", "Germani": "", "Deutschland": "", "": "", "ZZ": "",
        "Korea": "",
    }.items():  # fmt: skip
        assert country_code(text) == code, text
    assert (country_name("KR"), country_name("ZZ")) == ("South Korea", "ZZ")


class MapTests(CastTestCase):
    def test_every_country_of_the_catalog_is_drawn(self) -> None:
        spoken_of = {code for codes in Region.objects.values_list("countries", flat=True) for code in codes}
        spoken_of |= set(Datacentre.objects.values_list("country", flat=True))
        spoken_of |= set(AdequacyDecision.objects.values_list("country", flat=True))
        assert spoken_of <= set(world()["centres"])

    def test_a_place_is_found_as_the_provider_shows_it(self) -> None:
        gazetteer = Gazetteer()
        for text, key in {
            "Europe": "region:EU", "Europe 0201": "region:EU", "asia pacific 0101": "region:APAC",
            "Australia": "region:AU", "AU": "country:AU", "EU": "region:EU", "apac": "region:APAC",
            "Germany": "country:DE",
        }.items():  # fmt: skip
            spot = gazetteer.find(text)
            assert spot is not None, text
            assert spot.key == key, text
        for text in ("NA", "EU Data Boundary", "Europa", "Europe0201", "0201", ""):
            assert gazetteer.find(text) is None, text

    def test_the_map_says_what_the_verdict_says(self) -> None:
        exists_for_years(self.contoso)
        elected(self.contoso, "EU", since=datetime(2024, 1, 1, tzinfo=UTC))
        granted(self.contoso, self.officer)
        picture = map_of(verdict_of(self.contoso, When(timezone.now())))
        looks = {shape.place.country: shape.look for shape in picture.shapes}
        assert looks["DE"] == "stored"
        assert looks["CH"] == "safeguarded"
        assert looks["US"] == "not_allowed"
        assert {(look, count) for look, _, count in picture.looks} == {
            ("stored", 30), ("safeguarded", 1), ("not_allowed", 1)
        }  # fmt: skip
        assert "Not allowed, no consent in force: United States of America." in picture.said
        germany = next(shape for shape in picture.shapes if shape.place.country == "DE")
        assert germany.path not in picture.land
        assert germany.said == "Germany. Stored here: no transfer."
        assert picture.detail

    def test_a_small_country_in_which_data_is_stored_is_shown_larger_and_marked(self) -> None:
        elected(self.contoso, "CH")
        picture = map_of(verdict_of(self.contoso, When(timezone.now())))
        assert (bool(picture.detail), picture.edged) == (True, 1)
        (stored,) = (shape for shape in picture.shapes if shape.place.is_stored)
        assert (stored.place.country, stored.look) == ("CH", "safeguarded")

    def test_of_an_unknown_world_only_the_land_is_drawn(self) -> None:
        picture = map_of(verdict_of(self.contoso, When(timezone.now(), datetime(2020, 1, 1, tzinfo=UTC))))
        assert (list(picture.shapes), list(picture.looks), picture.detail) == ([], [], "")
        assert picture.said == "No country is known."
