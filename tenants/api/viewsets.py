"""The bases that know who is asking and in which tenant: scope, role, past states, idempotency and attribution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, partial
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from audit.context import identify
from audit.refusals import refusal_of
from privacy_console.rest.concurrency import check_if_match, last_record
from privacy_console.rest.instants import as_of
from privacy_console.rest.viewsets import ConsoleViewSet, Parameter
from tenants.access import Principal
from tenants.api.idempotency import answer_once
from tenants.deeds import held
from tenants.models import AccessToken, Tenant, TenantOwned
from tenants.refusals import note_refused_write

SLUG = "[-a-zA-Z0-9_]{1,50}"
AS_OF = Parameter(
    "as_of",
    "Show the state as it was known at this instant, ISO 8601 with zone; not in the future.",
    {"type": "string", "format": "date-time"},
)


class PrincipalViewSet(ConsoleViewSet):
    """A viewset for somebody who is known; `secret_actions` name the answers that are never kept."""

    secret_actions: ClassVar[Sequence[str]] = ()
    has_past: ClassVar[bool] = False

    @property
    def principal(self) -> Principal:
        principal: Any = self.request.user
        return principal  # type: ignore[no-any-return]

    @property
    def tenant(self) -> Tenant | None:
        """The tenant that the address names; None outside of any."""
        return None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        identify(**self.principal.as_actor(self.tenant))
        self.as_of = as_of(request) if self.has_past else None
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            self.post = partial(answer_once, self, self.post)  # type: ignore[has-type]

    def handle_exception(self, error: Exception) -> Response:
        """A write that the role does not allow is recorded; every transaction has ended here, with nothing kept."""
        note_refused_write(error, self.request)
        broken = refusal_of(error) if isinstance(error, IntegrityError) else None
        return super().handle_exception(broken or error)

    @property
    def at(self) -> datetime:
        """The instant that the answer is about."""
        return self.as_of or timezone.now()

    def query_parameters(self) -> Iterable[Parameter]:
        reads = self.has_past and self.action in ("list", "retrieve")
        return (*super().query_parameters(), *([AS_OF] if reads else []))

    @contextmanager
    def changing(self, *, if_match_required: bool = True) -> Iterator[Any]:
        """The object of the address, locked until the block ends. Raises 404, 412, 428."""
        with transaction.atomic():
            locked = self.get_queryset().select_for_update(of=("self",)).filter(**self.lookup()).first()
            if locked is None:
                raise Http404
            instance = self.present([locked])[0]
            check_if_match(self.request, self.version(instance), required=if_match_required)
            yield instance


class InTenant(PrincipalViewSet):
    """A viewset under `/tenants/{tenant}/`."""

    @cached_property
    def tenant(self) -> Tenant:
        """The tenant of the address, 404 where it does not exist for the principal.

        A token's own tenant was read with the token, by the same request.
        """
        own = self.principal.tenant if isinstance(self.principal, AccessToken) else None
        if own is not None and own.slug == self.kwargs["tenant"]:
            return own
        found = self.principal.tenants().filter(slug=self.kwargs["tenant"]).first()
        if found is None:
            raise Http404
        return found


class TenantViewSet(InTenant):
    """Its objects are those of one tenant, now or as known at `?as_of=`.

    model: what it shows; related: foreign keys to fetch along.
    """

    model: ClassVar[type[TenantOwned]]
    related: ClassVar[Sequence[str]] = ()
    has_past = True

    def get_queryset(self) -> Any:
        if self.as_of is None:
            rows = self.model.objects.for_tenant(self.tenant)
        else:
            rows = self.model.history.for_tenant(self.tenant).known_at(self.as_of)  # type: ignore[attr-defined]
        return rows.select_related(*self.related) if self.related else rows

    def present(self, rows: list[Any]) -> list[Any]:
        instances = super().present(rows)
        for instance in instances:
            instance.tenant = self.tenant
        return instances


class OneForTenantViewSet(TenantViewSet):
    """For what a tenant has one of: the stored one, or its defaults where nobody has set anything."""

    def get_object(self) -> Any:
        found = self.get_queryset().first()
        return self.present([found])[0] if found else self.model(tenant=self.tenant)

    def version(self, instance: Any) -> int:
        return last_record(instance) if instance.pk else 0

    def change(self, request: Request, deed: Callable[..., Any], given: Mapping[str, Any]) -> Response:
        """Have the deed change it, unless somebody else did since it was read (`If-Match`)."""
        with transaction.atomic():
            # Held, so that nobody else makes the tenant's first one in between.
            held(self.tenant)
            check_if_match(request, self.version(self.get_object()), required=True)
            return self.answer(deed(tenant=self.tenant, **given, by=self.principal))
