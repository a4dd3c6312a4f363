"""Requesting a consent: first the service, so that one sees what will flow, then the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from catalog.models import Service
from consents.admin.flows import amounts, flow_panels, flows_of
from consents.models import Consent
from consents.services import request_consent
from tenants.access import signed_in
from tenants.choice import visible_tenants
from tenants.pages.deeds import DayField, Deed, DeedForm, InTenantForm
from tenants.pages.parts import Panel
from tenants.roles import Permission


class AgreementForm(DeedForm):
    """What a request says of the agreement: the same for a first consent and for its renewal."""

    justification = forms.CharField(
        widget=forms.Textarea, required=False, help_text="Why the organisation needs this service."
    )
    legal_basis = forms.ChoiceField(
        choices=[("", "Not named"), *Consent.LegalBasis.choices],
        required=False,
        help_text="On what you, as the controller, base the sharing (GDPR Art. 6(1)).",
    )
    contract_reference = forms.CharField(
        max_length=200,
        required=False,
        help_text="Your own contract with the third party: it governs the data there.",
    )
    contract_parties = forms.CharField(
        label="Parties of the contract", max_length=300, required=False, help_text="Who signed it."
    )
    contract_signed_on = DayField(label="Contract signed on", required=False)
    contract_ends_on = DayField(
        label="Contract ends on", required=False, help_text="Empty where it has no end."
    )
    safeguard = forms.ChoiceField(
        label="Transfer safeguard",
        choices=[("", "None named"), *Consent.Safeguard.choices],
        required=False,
        help_text="What allows the transfer to the third party's country (GDPR Art. 44 to 49).",
    )
    safeguard_reference = forms.CharField(
        label="Reference of the safeguard",
        max_length=300,
        required=False,
        help_text="Which decision, clauses or assessment, with its date.",
    )
    terms_url = forms.URLField(
        label="Address of the terms",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="Where the third party publishes its terms.",
    )
    terms_text = forms.CharField(
        label="Text of the terms",
        widget=forms.Textarea,
        required=False,
        help_text="The terms themselves, so that they can be shown and checked later.",
    )
    AGREED = (
        "justification", "legal_basis", "contract_reference", "contract_parties", "contract_signed_on",
        "contract_ends_on", "safeguard", "safeguard_reference", "terms_url", "terms_text",
    )  # fmt: skip


class RequestForm(InTenantForm, AgreementForm):
    """A consent asked for. The service is chosen first, so that one sees what will flow before asking."""

    connection = forms.CharField(
        max_length=100,
        required=False,
        help_text="Which connection, for example the name of the token's location.",
    )
    field_order = ("connection", *AgreementForm.AGREED)

    def prepare(self) -> None:
        super().prepare()
        self.fields["service"] = forms.ModelChoiceField(services_to_ask_for(), widget=forms.HiddenInput)
        self.chosen_service = self._chosen()
        if self.chosen_service and self.chosen_service.connections == Service.Connections.ONE:
            self.fields["connection"].widget = forms.HiddenInput()

    def _chosen(self) -> Service | None:
        asked = str(self.data.get("service") if self.is_bound else self.initial.get("service", ""))
        wanted = (
            Q(pk=int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 19 else Q(code=asked)
        )
        service = services_to_ask_for().filter(wanted).first()
        if service is not None and not self.is_bound:
            self.initial["service"] = service.pk
        return service


def services_to_ask_for() -> QuerySet[Service]:
    services: QuerySet[Service] = Service.objects.current().filter(needs_consent=True)
    return services.select_related("third_party", "catalog").order_by("third_party__name", "name")


def offered_services(request: HttpRequest) -> list[dict[str, Any]]:
    """The tiles to choose from, each with how much would flow and what there is already."""
    current = Q(flows__removed_in__isnull=True)
    services = services_to_ask_for().annotate(
        data=Count("flows", filter=current), personal=Count("flows", filter=current & Q(flows__personal=True))
    )
    existing: dict[int, list[Consent]] = {}
    open_states = (Consent.State.REQUESTED, Consent.State.GRANTED)
    consents = Consent.objects.across_tenants().filter(
        tenant__in=visible_tenants(request), status__in=open_states
    )
    for consent in consents.select_related("service")[:500]:
        existing.setdefault(consent.service_id, []).append(consent)
    return [{"service": service, "existing": existing.get(service.pk, [])} for service in services]


def _what_requesting_does(form: RequestForm) -> list[str]:
    service = form.chosen_service
    if service is None:
        return []
    return [*amounts(service), "Nothing flows yet: the request waits until somebody grants it."]


def what_would_flow(request: HttpRequest, form: RequestForm) -> list[Panel]:
    service = form.chosen_service
    if service is None:
        return []
    return flow_panels(flows_of(service), service.third_party, None, tense="Would flow")


REQUEST = Deed(
    "add",
    "Request consent",
    Permission.REQUEST_CONSENT,
    lambda request, _, data: request_consent(by=signed_in(request), **data),
    form=RequestForm,
    consequences=_what_requesting_does,
    panels=what_would_flow,
    done="The consent for {subject} is requested. Nothing flows until it is granted.",
    icon="add",
    template="admin/consents/request.html",
)


class RenewForm(AgreementForm):
    """A renewal: what was agreed stands in the fields, to be kept or put right."""

    def prepare(self) -> None:
        self.initial = {name: getattr(self.subject, name) for name in self.AGREED} | dict(self.initial)


def _what_renewing_does(consent: Consent) -> list[str]:
    party = consent.service.third_party
    return [
        f"A new consent for {consent} is requested; it would cover what stands below.",
        *amounts(consent.service),
        f"{party} goes on receiving what is covered today, until the new consent is granted and takes its place.",
    ]


def _what_a_renewal_covers(request: HttpRequest, consent: Consent) -> list[Panel]:
    service = consent.service
    return flow_panels(flows_of(service), service.third_party, consent.tenant, tense="Would flow")


def _renew(request: HttpRequest, consent: Consent, data: dict[str, Any]) -> Consent:
    return request_consent(
        tenant=consent.tenant,
        service=consent.service,
        connection=consent.connection,
        renews=consent,
        by=signed_in(request),
        **data,
    )


RENEW = Deed(
    "renew",
    "Renew",
    Permission.REQUEST_CONSENT,
    _renew,
    form=RenewForm,
    is_offered=lambda consent: consent.state in (Consent.State.GRANTED, Consent.State.EXPIRED),
    consequences=_what_renewing_does,
    panels=_what_a_renewal_covers,
    done="The renewal of {subject} is requested. It holds once it is granted.",
    icon="autorenew",
)
