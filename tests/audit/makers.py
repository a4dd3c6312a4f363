"""A new row, and a change to make, for every audited model."""

from __future__ import annotations

import datetime
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from audit.history import Stance, audited_models
from catalog.models import (
    Catalog,
    Category,
    Datacentre,
    Edition,
    Element,
    Flow,
    FlowElement,
    Region,
    Service,
    ThirdParty,
)
from consents.models import Consent, CoveredFlow
from tenants.models import AccessToken, Membership, Tenant, User
from tests.cast import Cast, person

numbers = itertools.count(1)
STANCES = audited_models()
LABELS = [stance.resource_type for stance in STANCES]


@dataclass(frozen=True)
class Maker:
    """`new` gives an unsaved row that may be stored; `field` can take the value that `other` gives."""

    new: Callable[[Cast], Any]
    field: str
    other: Callable[[], Any]


def _entry(model: type[Any], **fields: Any) -> Callable[[Cast], Any]:
    def new(cast: Cast) -> Any:
        catalog = Catalog.objects.get(code="intune")
        edition = Edition.objects.filter(catalog=catalog).earliest()
        made = {name: value() if callable(value) else value for name, value in fields.items()}
        code = f"made.{next(numbers)}"
        return model(catalog=catalog, code=code, name=code, added_in=edition, changed_in=edition, **made)

    return new


def _flow_element(cast: Cast) -> FlowElement:
    flow = FLOW(cast)
    flow.save()
    return FlowElement(flow=flow, element=Element.objects.earliest("pk"))


def _edition(cast: Cast) -> Edition:
    day = datetime.date(2026, 11, 20)
    return Edition(catalog=Catalog.objects.get(code="intune"), number=1000 + next(numbers), released_on=day)


def _tenant(cast: Cast) -> Tenant:
    return Tenant(slug=f"made-{next(numbers)}", name="Made", directory_id=uuid.uuid4(), country="SE")


def _membership(cast: Cast) -> Membership:
    return Membership(
        tenant=cast.contoso, user=person(f"made{next(numbers)}@contoso.example"), role="auditor"
    )


def _token(cast: Cast) -> AccessToken:
    prefix, secret = AccessToken.new_secret()
    digest, ends = AccessToken.digest_of(secret), timezone.now() + datetime.timedelta(days=1)
    return AccessToken(tenant=cast.contoso, name="made", prefix=prefix, digest=digest, expires_at=ends)


def consent(cast: Cast) -> Consent:
    service, name = Service.objects.get(code="vpp"), f"made {next(numbers)}"
    return Consent(
        tenant=cast.contoso, service=service, connection=name, requested_by="officer@contoso.example"
    )


def _covered_flow(cast: Cast) -> CoveredFlow:
    stored = consent(cast)
    stored.save()
    flow = Flow.objects.earliest("pk")
    facts = {"code": flow.code, "name": flow.name, "direction": flow.direction, "personal": True}
    return CoveredFlow(tenant=cast.contoso, consent=stored, flow=flow, flow_record=1, **facts)


def _text() -> str:
    return f"changed {next(numbers)}"


FLOW = _entry(Flow, service=lambda: Service.objects.get(code="vpp"), direction="to_third_party")
ELEMENT = _entry(
    Element,
    category=lambda: Category.objects.earliest("pk"),
    collection="required",
    classification="personal",
    identifiability="identifiable",
    purpose="security",
)
MAKERS: dict[type[Any], Maker] = {
    Tenant: Maker(_tenant, "name", _text),
    User: Maker(lambda _: User(username=f"made{next(numbers)}", password="!"), "display_name", _text),
    Membership: Maker(_membership, "role", lambda: "tenant_admin"),
    AccessToken: Maker(_token, "name", _text),
    Catalog: Maker(lambda _: Catalog(code=f"made-{next(numbers)}", name="Made"), "processor", _text),
    Edition: Maker(_edition, "note", _text),
    Category: Maker(_entry(Category, collection="required"), "condition", _text),
    Element: Maker(ELEMENT, "example", _text),
    ThirdParty: Maker(_entry(ThirdParty), "statement", _text),
    Service: Maker(_entry(Service, third_party=lambda: ThirdParty.objects.get(code="apple")), "note", _text),
    Flow: Maker(FLOW, "message", _text),
    FlowElement: Maker(_flow_element, "element_id", lambda: Element.objects.latest("pk").pk),
    Region: Maker(_entry(Region, kind="geography", provider="Microsoft"), "provider", _text),
    Datacentre: Maker(_entry(Datacentre, country="SE", geography="Europe", city="Gävle"), "city", _text),
    Consent: Maker(consent, "justification", _text),
    CoveredFlow: Maker(_covered_flow, "name", _text),
}


def new(stance: Stance, cast: Cast) -> Any:
    """An unsaved row of the model."""
    return MAKERS[stance.model].new(cast)


def stored(stance: Stance, cast: Cast) -> Any:
    """A row of the model, in the database."""
    row = new(stance, cast)
    row.save()
    return row
