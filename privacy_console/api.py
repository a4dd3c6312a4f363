"""The one router of the API, its description and its documentation page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from catalog.api import editions, entries
from consents.api import policy as consent_policy
from consents.api import records as consent_files
from consents.api import steps as consent_steps
from consents.api import subcontractors
from consents.api import views as consents
from consents.api.authzen import views as authzen
from consents.api.credentials import CredentialsViewSet
from consents.api.decisions import DecisionsViewSet
from consents.api.drift import ConsentImportsViewSet, DriftViewSet
from consents.api.expiries import ExpiriesViewSet
from elections.api import policy as election_policy
from elections.api.collection import CollectionViewSet
from elections.api.views import CollectionElectionsViewSet, StorageElectionsViewSet
from portal.api import IdentityProviderViewSet
from privacy_console.rest.problems import not_found
from residency.api.imports import LocationImportsViewSet
from residency.api.locations import LocationDriftViewSet, ObservedLocationsViewSet
from residency.api.verdict import ResidencyViewSet
from tenants.api import directory, events
from tenants.api import views as tenants
from tenants.api.viewsets import SLUG
from terms.api.acceptance_imports import AcceptanceImportsViewSet
from terms.api.acceptances import AcceptanceFilesViewSet, AcceptancesViewSet
from terms.api.policies import OutstandingViewSet, TermsViewSet
from terms.api.versions import VersionsViewSet
from work.api.views import WorklistViewSet

IN_TENANT = rf"tenants/(?P<tenant>{SLUG})"
IN_TERMS = rf"{IN_TENANT}/terms/(?P<terms>[0-9]{{1,19}})"

router = SimpleRouter()
router.register("catalog/editions", editions.EditionsViewSet, "edition")
router.register("catalog/categories", entries.CategoriesViewSet, "category")
router.register("catalog/elements", entries.ElementsViewSet, "element")
router.register("catalog/features", entries.FeaturesViewSet, "feature")
router.register("catalog/third-parties", entries.ThirdPartiesViewSet, "third-party")
router.register("catalog/services", entries.ServicesViewSet, "service")
router.register("catalog/flows", entries.FlowsViewSet, "flow")
router.register("catalog/regions", entries.RegionsViewSet, "region")
router.register("catalog/datacentres", entries.DatacentresViewSet, "datacentre")
router.register("catalog/boundary-phases", entries.BoundaryPhasesViewSet, "boundary-phase")
router.register("catalog/at-rest-exceptions", entries.AtRestExceptionsViewSet, "at-rest-exception")
router.register("catalog/adequacy-decisions", entries.AdequacyDecisionsViewSet, "adequacy-decision")
router.register("catalog/subcontractors", subcontractors.SubcontractorsViewSet, "subcontractor")
router.register("tenants", tenants.TenantsViewSet, "tenant")
router.register(f"{IN_TENANT}/members", tenants.MembersViewSet, "member")
router.register(f"{IN_TENANT}/tokens", tenants.TokensViewSet, "token")
router.register(f"{IN_TENANT}/consents", consents.ConsentsViewSet, "consent")
router.register(f"{IN_TENANT}/ending-steps", consent_steps.EndingStepsViewSet, "ending-step")
router.register(f"{IN_TENANT}/objections", subcontractors.ObjectionsViewSet, "objection")
router.register(f"{IN_TENANT}/credentials", CredentialsViewSet, "credential")
router.register(f"{IN_TENANT}/drift", DriftViewSet, "drift")
router.register(f"{IN_TENANT}/consent-imports", ConsentImportsViewSet, "consent-import")
router.register(f"{IN_TENANT}/storage-elections", StorageElectionsViewSet, "storage-election")
router.register(f"{IN_TENANT}/collection-elections", CollectionElectionsViewSet, "collection-election")
router.register(f"{IN_TENANT}/observed-locations", ObservedLocationsViewSet, "observed-location")
router.register(f"{IN_TENANT}/location-imports", LocationImportsViewSet, "location-import")
router.register(f"{IN_TENANT}/location-drift", LocationDriftViewSet, "location-drift")
router.register(f"{IN_TENANT}/employees", directory.EmployeesViewSet, "employee")
router.register(f"{IN_TENANT}/groups", directory.GroupsViewSet, "group")
router.register(f"{IN_TENANT}/terms", TermsViewSet, "terms")
router.register(f"{IN_TERMS}/versions", VersionsViewSet, "terms-version")
router.register(f"{IN_TERMS}/acceptances", AcceptancesViewSet, "terms-acceptance")
router.register(f"{IN_TERMS}/acceptance-imports", AcceptanceImportsViewSet, "acceptance-import")
router.register(f"{IN_TENANT}/audit-events", events.TenantEventsViewSet, "audit-event")
router.register("audit-events", events.EventsViewSet, "platform-event")


class RootView(APIView):
    """The lists that can be reached from here."""

    permission_classes = (IsAuthenticated,)
    schema = None

    def get(self, request: Request) -> Response:
        prefixes = (prefix for prefix, _, _ in router.registry if "(" not in prefix)
        names = {prefix: basename for prefix, _, basename in router.registry}
        return Response({prefix: reverse(f"{names[prefix]}-list", request=request) for prefix in prefixes})


class SchemaView(SpectacularAPIView):
    """The OpenAPI description: JSON, or YAML for who asks for it. It holds no data, so anybody may read it."""

    permission_classes = ()
    authentication_classes = ()
    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]


def documentation(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own static files: works offline and runs no inline script."""
    return render(request, "api/docs.html")


urlpatterns: list[Any] = [
    path("v1/", RootView.as_view(), name="api-root"),
    path("v1/catalog/export/", editions.ExportViewSet.as_view({"get": "export"}), name="catalog-export"),
    re_path(rf"^v1/{IN_TENANT}/decisions/\Z", DecisionsViewSet.as_view({"post": "ask"}), name="decisions"),
    re_path(
        rf"^v1/{IN_TENANT}/access/v1/evaluation\Z",
        authzen.EvaluationViewSet.as_view({"post": "evaluate"}),
        name="authzen-evaluation",
    ),
    re_path(
        rf"^v1/{IN_TENANT}/access/v1/evaluations\Z",
        authzen.EvaluationsViewSet.as_view({"post": "evaluate"}),
        name="authzen-evaluations",
    ),
    *(
        re_path(
            rf"^v1/{IN_TENANT}/consents/{place}/$",
            consent_files.ConsentFilesViewSet.as_view({"get": name}),
            name=f"consent-{name}",
        )
        for name, place in consent_files.PLACES.items()
    ),
    re_path(
        rf"^v1/{IN_TENANT}/consent-policy/$",
        consent_policy.ConsentPolicyViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="consent-policy",
    ),
    re_path(rf"^v1/{IN_TENANT}/residency/$", ResidencyViewSet.as_view({"get": "retrieve"}), name="residency"),
    re_path(
        rf"^v1/{IN_TERMS}/acceptances/export/$",
        AcceptanceFilesViewSet.as_view({"get": "export"}),
        name="terms-acceptance-export",
    ),
    re_path(
        rf"^v1/{IN_TENANT}/identity-provider/$",
        IdentityProviderViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="identity-provider",
    ),
    re_path(
        rf"^v1/{IN_TENANT}/election-policy/$",
        election_policy.ElectionPolicyViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="election-policy",
    ),
    re_path(
        rf"^v1/{IN_TENANT}/collection/$", CollectionViewSet.as_view({"get": "retrieve"}), name="collection"
    ),
    re_path(
        rf"^v1/{IN_TERMS}/outstanding/$",
        OutstandingViewSet.as_view({"get": "list"}),
        name="terms-outstanding",
    ),
    # Lists that are read as a whole: what they hold has its own address elsewhere.
    re_path(rf"^v1/{IN_TENANT}/expiries/$", ExpiriesViewSet.as_view({"get": "list"}), name="expiry-list"),
    re_path(rf"^v1/{IN_TENANT}/worklist/$", WorklistViewSet.as_view({"get": "list"}), name="worklist-list"),
    path("v1/", include(router.urls)),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", documentation, name="api-docs"),
    re_path("", not_found),
]
