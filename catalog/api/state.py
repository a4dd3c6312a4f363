"""The catalog as an answer sees it: as it is now, or as one past edition left it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.http import Http404
from rest_framework.request import Request

from catalog.models import Catalog, Edition, ElementPair, FlowElement
from privacy_console.rest.problems import BadQuery


@dataclass(frozen=True)
class CatalogState:
    """Rows of one catalog or of all, now or after an edition's last event."""

    catalog: Catalog | None = None
    edition: Edition | None = None

    def entries(self, model: type[Any]) -> Any:
        """The entries of a model that the state holds: objects, or history rows of a past edition."""
        if self.edition is not None:
            return model.objects.recorded_in(self.edition)
        rows = model.objects.current()
        return rows if self.catalog is None else rows.filter(catalog=self.catalog)

    def links(self, pairs: type[ElementPair] = FlowElement) -> Any:
        """Which flow carries which element; of FeatureElement, which feature brings which."""
        return pairs.in_edition(self.edition)

    def records(self, model: type[models.Model]) -> Any:
        """The history that the state is made of, for entity tags."""
        history = model.history.all()  # type: ignore[attr-defined]
        return history if self.edition is None else history.filter(history_id__lte=self.edition.last_event)


def state_of(request: Request) -> CatalogState:
    """What `?catalog=` and `?edition=` ask for. An edition without a catalog is one of the catalog loaded first.

    Raises Http404 for a catalog or edition that does not exist, BadQuery for an edition that is no number.
    """
    code, number = request.query_params.get("catalog"), request.query_params.get("edition")
    if number is not None:
        number_from("edition", number)
    if code is None and number is None:
        return CatalogState()
    catalog = _catalog(code)
    return CatalogState(catalog) if number is None else CatalogState(catalog, _edition(catalog, number))


def edition_of(request: Request) -> Edition:
    """The one edition that `?catalog=` and `?edition=` name, or the latest of the catalog loaded first.

    Raises as `state_of`.
    """
    catalog = _catalog(request.query_params.get("catalog"))
    return _edition(catalog, request.query_params.get("edition"))


def _catalog(code: str | None) -> Catalog:
    catalogs = Catalog.objects.order_by("id")
    found = (catalogs.filter(code=code) if code is not None else catalogs).first()
    if found is None:
        raise Http404
    return found


def _edition(catalog: Catalog, number: str | None) -> Edition:
    editions = catalog.editions.select_related("catalog").order_by("-number")
    found = (editions if number is None else editions.filter(number=number_from("edition", number))).first()
    if found is None:
        raise Http404
    return found


def number_from(name: str, text: str) -> int:
    """An edition's number out of the query. Raises BadQuery."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise BadQuery({name: ("invalid", "Give the number of an edition, for example 1.")})
    return int(text)
