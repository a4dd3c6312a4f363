"""The first screen: to each role the answer to its own first question, from what the database holds now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from audit.models import AuditEvent
from catalog.kinds import REFERENCE_CATALOG
from catalog.models import Edition, Feature
from privacy_console.dashboard.charts import collection_bars, flow_bars
from privacy_console.dashboard.coverage import consents_in_force, coverage_of
from privacy_console.dashboard.elections import elected_of
from privacy_console.dashboard.figures import FIGURES
from privacy_console.dashboard.reader import Reader, links
from privacy_console.dashboard.tasks import tasks_of
from privacy_console.dashboard.terms import acceptance_of
from privacy_console.dashboard.trail import recent_events
from tenants.choice import chosen_tenant, visible_tenants
from tenants.roles import Permission, Role

# Left and right, each in the order of the reader's own questions.
COLUMNS = {
    Role.PRIVACY_OFFICER: (("tasks", "events"), ("terms", "consents", "elections", "collection", "flows")),
    Role.TENANT_ADMIN: (
        ("coverage", "consents", "events"),
        ("elections", "tasks", "terms", "flows", "collection"),
    ),
    Role.AUDITOR: (("events",), ("evidence", "consents", "elections", "flows")),
    Role.SERVICE: (("events",), ("consents",)),
    "operator": (("tasks", "coverage", "events"), ("health", "editions", "collection", "flows")),
}
WITH_TERMS = {role for role, columns in COLUMNS.items() if any("terms" in column for column in columns)}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the index page's context what `templates/admin/index.html` shows. The theme calls it."""
    reader = Reader(request.user, visible_tenants(request), chosen_tenant(request))  # type: ignore[arg-type]
    role = reader.role
    tasks, coverages = tasks_of(reader), coverage_of(reader)
    elements, flows = collection_bars(), flow_bars()
    consents = list(consents_in_force(reader))
    shared = {
        "reader": reader,
        "role": role,
        "columns": COLUMNS[role],
        "tasks": tasks,
        "coverages": [row for row in coverages if row.connections or row.waiting],
        "on": sum(row.connections > 0 for row in coverages),
        "uncovered": sum(row.uncovered for row in coverages),
        "switched_off": [row.service for row in coverages if not row.connections and not row.waiting],
        "consents": consents,
        "may_withdraw": {
            row.pk for row in consents if reader.person.may(Permission.WITHDRAW_CONSENT, row.tenant)
        },
        "events": recent_events(reader),
        "elections": elected_of(reader, tasks)
        if any("elections" in column for column in COLUMNS[role])
        else [],
        "features_known": Feature.objects.current().filter(catalog__code=REFERENCE_CATALOG).count(),
        "element_bars": elements,
        "flow_bars": flows,
        "acceptances": acceptance_of(reader) if role in WITH_TERMS else [],
        "edition": Edition.objects.select_related("catalog").order_by("-loaded_at", "-id").first(),
        "links": links(),
        "figures": FIGURES[role](reader, tasks, coverages),
    }
    return context | shared | (platform_facts() if role == "operator" else {})


def platform_facts() -> dict[str, Any]:
    """For the operator: the editions, and what tells that something is wrong."""
    day_ago = timezone.now() - timedelta(days=1)
    recent = AuditEvent.objects.of_platform().filter(occurred_at__gte=day_ago).order_by()
    signs = recent.aggregate(
        failed_sign_ins=Count("pk", filter=Q(activity="sign_in.failed")),
        unattributed=Count("pk", filter=Q(attribution__origin="database")),
    )
    return {
        "editions": Edition.objects.select_related("catalog").order_by("-loaded_at", "-id")[:4],
        "signs": signs,
        "database": {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor],
    }
