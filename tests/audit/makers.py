"""A new row, and a change to make, for every audited model."""

from __future__ import annotations

import datetime
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from audit.guards import Frozen, Guard, Kept
from audit.history import Stance, audited_models
from catalog.models import (
    AdequacyDecision,
    AtRestException,
    BoundaryPhase,
    Catalog,
    Category,
    Datacentre,
    Edition,
    Element,
    Feature,
    FeatureElement,
    Flow,
    FlowElement,
    Region,
    Service,
    ThirdParty,
)
from consents.models import (
    Consent,
    ConsentImport,
    ConsentPolicy,
    CoveredFlow,
    Credential,
    Drift,
    EndingStep,
    Objection,
    SubcontractorNotice,
)
from elections.models import CollectionElection, ElectedFeature, ElectionPolicy, StorageElection
from portal.models import IdentityProvider
from residency.models import LocationDrift, LocationImport, ObservedLocation
from tenants.models import AccessToken, Employee, Group, GroupMember, Membership, Tenant, User
from terms.models import (
    Acceptance,
    AcceptanceImport,
    Reminder,
    TermsPolicy,
    TermsRevision,
    TermsTarget,
    TermsText,
    TermsVersion,
)
from tests.cast import Cast, person
from work.models import CalendarFeed, Job, MailPreference, Message

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


def _policy(cast: Cast) -> ConsentPolicy:
    """contoso's; where it has one already, that of another tenant, as each has only one."""
    if not ConsentPolicy.objects.for_tenant(cast.contoso).exists():
        return ConsentPolicy(tenant=cast.contoso)
    other = _tenant(cast)
    other.save()
    return ConsentPolicy(tenant=other)


def _provider(cast: Cast) -> IdentityProvider:
    """As with policies, each tenant has only one."""
    if not IdentityProvider.objects.for_tenant(cast.contoso).exists():
        return IdentityProvider(tenant=cast.contoso)
    other = _tenant(cast)
    other.save()
    return IdentityProvider(tenant=other)


def _step(cast: Cast) -> EndingStep:
    ended = consent(cast)
    ended.save()
    texts = {"title": "Unbind", "instructions": "Do it.", "source": "The processor's documentation"}
    day = datetime.date(2026, 12, 24)
    return EndingStep(tenant=cast.contoso, consent=ended, code="unbind", position=1, due_on=day, **texts)


def _credential(cast: Cast) -> Credential:
    service, name = Service.objects.get(code="vpp"), f"made {next(numbers)}"
    ends = timezone.now() + datetime.timedelta(days=30)
    return Credential(
        tenant=cast.contoso, service=service, kind="vpp_token", external_id=name, name=name, expires_at=ends
    )


def _import(cast: Cast) -> ConsentImport:
    return ConsentImport(tenant=cast.contoso, name="answers.json", sha256="0" * 64, imported_by="officer")


def _drift(cast: Cast) -> Drift:
    read = _import(cast)
    read.save()
    return Drift(
        tenant=cast.contoso,
        kind="unknown_here",
        key=f"made {next(numbers)}",
        first_import=read,
        last_import=read,
    )


def _notice(cast: Cast) -> SubcontractorNotice:
    day = datetime.date(2026, 1, 1) + datetime.timedelta(days=next(numbers))
    return SubcontractorNotice(
        third_party=ThirdParty.objects.get(code="apple"),
        change="joins",
        announced_on=day,
        effective_on=day,
        notice_days=0,
        task="Stores backups",
        source="The processor's list",
    )


def _objection(cast: Cast) -> Objection:
    notice = _notice(cast)
    notice.save()
    return Objection(tenant=cast.contoso, notice=notice, reason="Not needed", raised_by="officer")


def _message(cast: Cast) -> Message:
    key = f"made {next(numbers)}"
    return Message(tenant=cast.contoso, key=key, to="officer@contoso.example", subject=key, body="Hello")


def _feed(cast: Cast) -> CalendarFeed:
    digest = CalendarFeed.digest_of(CalendarFeed.new_secret())
    return CalendarFeed(tenant=cast.contoso, user=cast.auditor, name="Phone", digest=digest)


def _preference(cast: Cast) -> MailPreference:
    reader = person(f"made{next(numbers)}@contoso.example")
    return MailPreference(tenant=cast.contoso, user=reader)


def employee(cast: Cast) -> Employee:
    name = f"made{next(numbers)}"
    return Employee(tenant=cast.contoso, directory_id=name, user_principal_name=f"{name}@contoso.example")


def _group(cast: Cast) -> Group:
    return Group(tenant=cast.contoso, directory_id=f"group {next(numbers)}", name="Sales")


def _group_member(cast: Cast) -> GroupMember:
    group, member = _group(cast), employee(cast)
    group.save()
    member.save()
    return GroupMember(tenant=cast.contoso, group=group, employee=member)


def _another_group() -> int:
    tenant = Tenant.objects.get(slug="contoso")
    group = Group(tenant=tenant, directory_id=f"group {next(numbers)}", name="Service")
    group.save()
    return group.pk


def _terms(cast: Cast) -> TermsPolicy:
    return TermsPolicy(tenant=cast.contoso, name=f"made {next(numbers)}")


def _target(cast: Cast) -> TermsTarget:
    policy, group = _terms(cast), _group(cast)
    policy.save()
    group.save()
    return TermsTarget(tenant=cast.contoso, policy=policy, group=group)


def _version(cast: Cast) -> TermsVersion:
    policy = _terms(cast)
    policy.save()
    return TermsVersion(tenant=cast.contoso, policy=policy, number=1)


def _revision(cast: Cast) -> TermsRevision:
    version = _version(cast)
    version.save()
    return TermsRevision(tenant=cast.contoso, version=version, number=0, drafted_by="officer")


def _terms_text(cast: Cast) -> TermsText:
    revision = _revision(cast)
    revision.save()
    return TermsText(tenant=cast.contoso, revision=revision, language="en", title="Terms", body="Words")


def _acceptance(cast: Cast) -> Acceptance:
    version, who = _version(cast), employee(cast)
    version.save()
    who.save()
    return Acceptance(
        tenant=cast.contoso,
        employee=who,
        policy=version.policy,
        version=version,
        directory_id=who.directory_id,
        user_principal_name=who.user_principal_name,
        decided_at=timezone.now(),
        decision="accepted",
        surface="paper",
        trigger="new",
        key_id="made",
        signature="made",
    )


def _reminder(cast: Cast) -> Reminder:
    version, who, message = _version(cast), employee(cast), _message(cast)
    for row in (version, who, message):
        row.save()
    return Reminder(
        tenant=cast.contoso, employee=who, policy=version.policy, version=version, round=1, number=1,
        reminded_at=timezone.now(), message=message,
    )  # fmt: skip


def _acceptance_import(cast: Cast) -> AcceptanceImport:
    policy = _terms(cast)
    policy.save()
    return AcceptanceImport(
        tenant=cast.contoso, policy=policy, name="report.csv", sha256="0" * 64, imported_by="officer"
    )


def _feature_element(cast: Cast) -> FeatureElement:
    feature = FEATURE(cast)
    feature.save()
    return FeatureElement(
        feature=feature, element=Element.objects.filter(collection="optional").earliest("pk")
    )


def _election(cast: Cast) -> dict[str, Any]:
    """What both kinds have: approved, to begin at an instant of its own."""
    now = timezone.now()
    begins = now + datetime.timedelta(days=1, minutes=next(numbers))
    edition = Edition.objects.filter(catalog__code="intune").earliest()
    decided = {"status": "approved", "decided_at": now, "effective_from": begins}
    return {"tenant": cast.contoso, "edition": edition, "reason": "Asked for", **decided}


def _storage_election(cast: Cast) -> StorageElection:
    region = Region.objects.get(code="EU")
    facts = {"code": region.code, "name": region.name, "origin": "first"}
    return StorageElection(**_election(cast), region=region, region_record=1, **facts)


def _elected_feature(cast: Cast) -> ElectedFeature:
    """Of the proposal that waits: there is one at most."""
    proposed = {"status": "proposed", "decided_at": None, "effective_from": None}
    waiting = CollectionElection.objects.for_tenant(cast.contoso).awaiting_decision().first()
    election = waiting or CollectionElection(**_election(cast) | proposed, name="Made")
    election.save()
    feature = FEATURE(cast)
    feature.save()
    facts = {"code": feature.code, "name": feature.name, "is_on": True}
    return ElectedFeature(tenant=cast.contoso, election=election, feature=feature, feature_record=1, **facts)


def _election_policy(cast: Cast) -> ElectionPolicy:
    """As with the policy of consents, each tenant has only one."""
    if not ElectionPolicy.objects.for_tenant(cast.contoso).exists():
        return ElectionPolicy(tenant=cast.contoso)
    other = _tenant(cast)
    other.save()
    return ElectionPolicy(tenant=other)


def _location_import(cast: Cast) -> LocationImport:
    return LocationImport(tenant=cast.contoso, name="status.csv", sha256="0" * 64, imported_by="officer")


def _observed(cast: Cast) -> ObservedLocation:
    return ObservedLocation(
        tenant=cast.contoso,
        observed_on=datetime.date(2026, 1, 1),
        place="Japan",
        country="JP",
        source=f"Look {next(numbers)}",
        origin="by_hand",
        recorded_by="officer",
    )


def _location_drift(cast: Cast) -> LocationDrift:
    day = datetime.date(2026, 1, 1)
    return LocationDrift(
        tenant=cast.contoso,
        key=f"country:{next(numbers)}",
        place="Japan",
        country="JP",
        elected=Region.objects.get(code="EU"),
        first_seen_on=day,
        last_seen_on=day,
    )


def _text() -> str:
    return f"changed {next(numbers)}"


FLOW = _entry(Flow, service=lambda: Service.objects.get(code="vpp"), direction="to_third_party")
FEATURE = _entry(Feature)
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
    Feature: Maker(FEATURE, "condition", _text),
    FeatureElement: Maker(_feature_element, "element_id", lambda: Element.objects.latest("pk").pk),
    StorageElection: Maker(_storage_election, "withdrawn_by", _text),
    CollectionElection: Maker(
        lambda cast: CollectionElection(**_election(cast), name="Made"), "withdrawn_by", _text
    ),
    ElectedFeature: Maker(_elected_feature, "name", _text),
    ElectionPolicy: Maker(_election_policy, "recipients", lambda: "boundary"),
    Region: Maker(_entry(Region, kind="geography", provider="Microsoft"), "provider", _text),
    Datacentre: Maker(_entry(Datacentre, country="SE", geography="Europe", city="Gävle"), "city", _text),
    BoundaryPhase: Maker(
        _entry(
            BoundaryPhase,
            region=lambda: Region.objects.get(code="EUDB"),
            starts_on=datetime.date(2026, 1, 1),
            covers="Logs",
        ),
        "covers",
        _text,
    ),
    AtRestException: Maker(_entry(AtRestException, covers="Mail"), "covers", _text),
    AdequacyDecision: Maker(
        _entry(AdequacyDecision, country="KE", reference="1", decided_on=datetime.date(2026, 1, 1)),
        "reference",
        _text,
    ),
    Consent: Maker(consent, "justification", _text),
    CoveredFlow: Maker(_covered_flow, "name", _text),
    ConsentPolicy: Maker(_policy, "log_decisions", lambda: "all"),
    IdentityProvider: Maker(_provider, "client_id", _text),
    EndingStep: Maker(_step, "proof", _text),
    Credential: Maker(_credential, "name", _text),
    ConsentImport: Maker(_import, "name", _text),
    Drift: Maker(_drift, "reason", _text),
    SubcontractorNotice: Maker(_notice, "task", _text),
    Objection: Maker(_objection, "answer", _text),
    Message: Maker(_message, "subject", _text),
    CalendarFeed: Maker(_feed, "name", _text),
    MailPreference: Maker(_preference, "digest", lambda: "off"),
    Job: Maker(lambda _: Job(code=f"made.{next(numbers)}"), "paused", lambda: True),
    ObservedLocation: Maker(_observed, "source", _text),
    LocationDrift: Maker(_location_drift, "reason", _text),
    LocationImport: Maker(_location_import, "name", _text),
    Employee: Maker(employee, "display_name", _text),
    Group: Maker(_group, "name", _text),
    GroupMember: Maker(_group_member, "group_id", _another_group),
    TermsPolicy: Maker(_terms, "description", _text),
    TermsTarget: Maker(_target, "excluded", lambda: True),
    TermsVersion: Maker(_version, "grace_days", lambda: next(numbers)),
    TermsRevision: Maker(_revision, "note", _text),
    TermsText: Maker(_terms_text, "body", _text),
    Acceptance: Maker(_acceptance, "button", _text),
    Reminder: Maker(_reminder, "by_hand", lambda: True),
    AcceptanceImport: Maker(_acceptance_import, "name", _text),
}


def new(stance: Stance, cast: Cast) -> Any:
    """An unsaved row of the model."""
    return MAKERS[stance.model].new(cast)


def stored(stance: Stance, cast: Cast) -> Any:
    """A row of the model, in the database."""
    row = new(stance, cast)
    row.save()
    return row


def _guards(stance: Stance) -> tuple[Guard, ...]:
    found: tuple[Guard, ...] = getattr(stance.model, "guards", ())
    return found


def kept(stance: Stance) -> Guard | None:
    """The rule that refuses to delete a row of the model, if it has one."""
    return next((guard for guard in _guards(stance) if isinstance(guard, Kept)), None)


def frozen(stance: Stance) -> Guard | None:
    """The rule that refuses to change the field that its maker would change, from the beginning."""
    field = MAKERS[stance.model].field
    never = (g for g in _guards(stance) if isinstance(g, Frozen) and g.until is None)
    return next((guard for guard in never if field in guard.fields), None)
