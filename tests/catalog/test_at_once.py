"""Several people load the same catalog at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from catalog.kinds import state_of
from catalog.models import Catalog, Edition
from catalog.services import compare
from tests.catalog.documents import element, load, small

pytestmark = pytest.mark.django_db(transaction=True)


def load_apart(document: dict[str, Any]) -> int | None:
    """Load on a connection of one's own; the number of the edition it made."""
    try:
        edition = load(document).edition
        return edition.number if edition else None
    finally:
        connection.close()


def with_element(number: int) -> dict[str, Any]:
    document = small()
    document["elements"].append(element(f"device.number_{number}", f"Number {number}"))
    return document


def test_each_load_is_an_edition_after_the_other() -> None:
    load(small())
    with ThreadPoolExecutor(4) as people:
        numbers = list(people.map(load_apart, [with_element(n) for n in range(4)]))
    assert sorted(n for n in numbers if n) == [2, 3, 4, 5]
    catalog = Catalog.objects.get(code="fleet")
    editions = list(Edition.objects.filter(catalog=catalog).order_by("number"))
    assert [e.last_event for e in editions] == sorted(e.last_event for e in editions)
    last = editions[-1]
    assert state_of(catalog, last) == state_of(catalog)
    added = [len(compare(a, b).kinds["elements"].added) for a, b in pairwise(editions)]
    assert added == [1, 1, 1, 1]


def test_the_same_file_makes_one_edition() -> None:
    load(small())
    with ThreadPoolExecutor(4) as people:
        numbers = list(people.map(load_apart, [with_element(1)] * 4))
    assert sorted(n for n in numbers if n) == [2]
