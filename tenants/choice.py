"""The tenant switcher: which of somebody's tenants the pages show."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tenants.access import Principal, signed_in
from tenants.models import Tenant
from tenants.roles import Permission

SESSION_KEY = "tenant"
_CACHE = "_chosen_tenant"


def chosen_tenant(request: HttpRequest) -> Tenant | None:
    """The tenant chosen in the switcher, or a member's only one; None where the pages show all of them.

    A choice that is no longer among the person's tenants counts as none.
    """
    if not hasattr(request, _CACHE):
        setattr(request, _CACHE, _choice_of(request))
    chosen: Tenant | None = getattr(request, _CACHE)
    return chosen


def _choice_of(request: HttpRequest) -> Tenant | None:
    person = signed_in(request)
    slug = request.session.get(SESSION_KEY)
    if slug and (chosen := person.tenants().filter(slug=slug).first()):
        return chosen
    if person.is_operator:
        return None
    tenants = list(person.tenants()[:2])
    return tenants[0] if len(tenants) == 1 else None


def visible_tenants(request: HttpRequest) -> QuerySet[Tenant]:
    """What lists and choices are about: the chosen tenant, or all of the person's."""
    chosen = chosen_tenant(request)
    person = signed_in(request)
    return person.tenants() if chosen is None else Tenant.objects.filter(pk=chosen.pk)


def tenants_allowing(person: Principal, permission: Permission, among: QuerySet[Tenant]) -> QuerySet[Tenant]:
    """Those among the tenants where the person's role has the permission."""
    if person.is_operator:
        return among
    return among.filter(pk__in=[tenant.pk for tenant in among if person.may(permission, tenant)])


def tenant_asked_for(
    request: HttpRequest, permission: Permission, most: int = 50
) -> tuple[list[Tenant], Tenant | None]:
    """For a page about one tenant: those to choose from, where there are several, and the one that `?tenant=` names.

    Without a name it is the first; None where the person's role lets them see none, or not the one named.
    """
    allowed = tenants_allowing(signed_in(request), permission, visible_tenants(request)).order_by(
        "name", "id"
    )
    tenants = list(allowed[:most])
    asked = request.GET.get("tenant", "").replace("\0", "")
    shown = next((tenant for tenant in tenants if tenant.slug == asked), tenants[0] if tenants else None)
    if asked and (shown is None or shown.slug != asked):
        shown = allowed.filter(slug=asked).first()
    return (tenants if len(tenants) > 1 else []), shown


def choose_tenant(request: HttpRequest, slug: str) -> None:
    """Show one of the person's tenants from now on, or all of them where the slug is empty. Raises Http404."""
    person = signed_in(request)
    if slug and not person.tenants().filter(slug=slug).exists():
        raise Http404("There is no such tenant.")
    request.session[SESSION_KEY] = slug
    if hasattr(request, _CACHE):
        delattr(request, _CACHE)


@require_POST
def choose_tenant_view(request: HttpRequest) -> HttpResponse:
    """`POST tenant=<slug>&next=<address>`: the switcher's button."""
    choose_tenant(request, request.POST.get("tenant", ""))
    onward = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        onward = reverse("admin:index")
    return HttpResponseRedirect(onward)
