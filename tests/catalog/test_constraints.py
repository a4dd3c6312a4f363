"""What the database itself refuses, whoever writes and however."""

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.models import Catalog, Element, Flow, Service
from tests.catalog.documents import load, small

pytestmark = pytest.mark.django_db


def raw_copy(model: type, **values: str) -> None:
    """Insert a copy of the catalog's first row by SQL, with other values."""
    table = model._meta.db_table  # type: ignore[attr-defined]
    row = model.objects.filter(catalog__code="fleet").values().first() | {"code": "raw.copy"} | values  # type: ignore[attr-defined]
    del row["id"]
    columns = [model._meta.get_field(name.removesuffix("_id")) for name in row]  # type: ignore[attr-defined]
    stored = [
        field.get_db_prep_save(value, connection) for field, value in zip(columns, row.values(), strict=True)
    ]
    names = ", ".join(f'"{field.column}"' for field in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(["%s"] * len(stored))})', stored)


@pytest.fixture(autouse=True)
def fleet() -> Catalog:
    load(small())
    return Catalog.objects.get(code="fleet")


def test_a_raw_insert_works_at_all() -> None:
    raw_copy(Element)
    assert Element.objects.get(code="raw.copy").purpose == "service_provision"


@pytest.mark.parametrize(
    "purpose", ["profiling", "advertising", "marketing", "MARKETING", "", "anything else"]
)
def test_elements_have_an_allowed_purpose(purpose: str) -> None:
    with pytest.raises(IntegrityError, match="element_purpose_is_allowed"):
        raw_copy(Element, purpose=purpose)
    with pytest.raises(IntegrityError), transaction.atomic():
        Element.objects.filter(code="device.serial", catalog__code="fleet").update(purpose=purpose)


@pytest.mark.parametrize(
    "text", ["Profiling of drivers", "for ADVERTISING", "Advertisements", "direct marketing"]
)
@pytest.mark.parametrize("model", [Service, Flow])
def test_services_and_flows_name_no_refused_purpose(model: type, text: str) -> None:
    with pytest.raises(IntegrityError, match="purpose_is_allowed"):
        raw_copy(model, purpose_text=text)


def test_a_condition_is_given_where_there_is_one() -> None:
    with pytest.raises(IntegrityError, match="element_condition_is_given"):
        raw_copy(Element, mam="conditional", mam_condition="")


@pytest.mark.parametrize("values", [{"override_rule": "never.photos"}, {"override_reason": "Because."}])
def test_an_override_has_rule_and_reason(values: dict[str, str]) -> None:
    with pytest.raises(IntegrityError, match="element_override_has_a_reason"):
        raw_copy(Element, **values)


def test_a_code_stands_once_in_a_catalog() -> None:
    with pytest.raises(IntegrityError):
        raw_copy(Element, code="device.serial")
