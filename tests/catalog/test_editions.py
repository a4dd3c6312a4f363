"""Past editions stay readable as they were, and can be compared."""

from typing import Any

import pytest

from catalog.kinds import header_of, state_of
from catalog.models import Catalog, Edition, Element
from catalog.services import compare
from privacy_console.errors import Refused
from tests.catalog.documents import element, load, small

pytestmark = pytest.mark.django_db


@pytest.fixture
def editions() -> list[Edition]:
    """Three editions: the first, one with changes of all sorts, and the first again."""
    changed = small()
    changed["catalog"]["processor"] = "Contoso"
    changed["elements"][0]["name"] = "Serial"
    changed["elements"][1] = element("person.first_name", "First name", collection="optional")
    changed["flows"][1]["elements"] = ["person.first_name", "device.serial"]
    changed["regions"].clear()
    return [load(document).edition for document in (small(), changed, small())]


def test_each_is_read_as_it_was(editions: list[Edition]) -> None:
    first, second, third = editions
    names = [{e.code: e.name for e in Element.objects.in_edition(edition)} for edition in editions]
    assert names[0] == names[2] == {"device.serial": "Serial number", "person.name": "Name"}
    assert names[1] == {"device.serial": "Serial", "person.first_name": "First name"}
    assert state_of(first.catalog, first) == state_of(first.catalog, third) == state_of(first.catalog)
    assert state_of(first.catalog, second)["regions"] == {}
    assert header_of(first.catalog, second)["processor"] == "Contoso"
    assert header_of(first.catalog, first)["processor"] == "Fabrikam"


def test_a_comparison_tells_old_and_new(editions: list[Edition]) -> None:
    comparison = compare(editions[0], editions[1])
    kinds = {name: kind for name, kind in comparison.kinds.items() if not kind.is_empty}
    assert kinds["catalog"].changed == {"fleet": {"processor": ("Fabrikam", "Contoso")}}
    assert kinds["elements"].changed == {"device.serial": {"name": ("Serial number", "Serial")}}
    assert list(kinds["elements"].added) == ["person.first_name"]
    assert kinds["elements"].removed["person.name"]["dpv"] == ["pd:Name"]
    assert kinds["flows"].changed == {
        "depot.out.name": {"elements": (["person.name"], ["device.serial", "person.first_name"])}
    }
    assert list(kinds["regions"].removed) == ["EU"]
    assert set(kinds) == {"catalog", "elements", "flows", "regions"}


def test_the_other_way_round_is_the_reverse(editions: list[Edition]) -> None:
    there, back = compare(editions[0], editions[1]), compare(editions[1], editions[0])
    for name, kind in there.kinds.items():
        assert kind.added == back.kinds[name].removed
        assert kind.removed == back.kinds[name].added


def test_editions_with_the_same_content(editions: list[Edition]) -> None:
    assert not compare(editions[0], editions[2]).has_changes


def test_it_can_be_told_to_a_program(editions: list[Edition]) -> None:
    data: dict[str, Any] = compare(editions[0], editions[1]).as_data()
    assert (data["catalog"], data["before"], data["after"]) == ("fleet", 1, 2)
    assert data["kinds"]["elements"]["changed"]["device.serial"]["name"] == {
        "old": "Serial number", "new": "Serial",
    }  # fmt: skip


def test_of_two_catalogs_is_refused(editions: list[Edition]) -> None:
    intune = Catalog.objects.get(code="intune").latest_edition
    assert intune is not None
    with pytest.raises(Refused):
        compare(editions[0], intune)


def test_a_comparison_of_the_packaged_catalog_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    edition = Catalog.objects.get(code="intune").latest_edition
    assert edition is not None
    with django_assert_max_num_queries(50):
        assert not compare(edition, edition).has_changes
