"""System checks: every model has a declared stance, and the database has the triggers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import connections, models

from audit import triggers
from audit.history import stance_of


def _exemption(model: type[models.Model]) -> str | None:
    own: str | None = getattr(model, "audit_exempt", None)
    return own or settings.AUDIT_EXEMPT.get(model._meta.label_lower)


@checks.register(checks.Tags.models)
def every_model_has_a_stance(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """audit.E001: a model is neither audited nor says why not."""
    return [
        checks.Error(
            f"{model._meta.label} has no audit stance.",
            hint="Declare `history = AuditedRecords(…)`, or say in `audit_exempt` (settings.AUDIT_EXEMPT for models "
            "of other packages) why its changes leave no record.",
            obj=model,
            id="audit.E001",
        )
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy and stance_of(model._meta.label_lower) is None and not _exemption(model)
    ]


@checks.register(checks.Tags.database)
def triggers_are_in_place(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """audit.E002: the database lacks triggers, or has other ones than the models ask for."""
    wrong = [name for alias in databases or () for name in triggers.differences(connections[alias])]
    if not wrong:
        return []
    hint = "Run `migrate`: it puts every trigger in place, also when there is no migration to apply."
    return [checks.Error(f"Audit triggers differ: {', '.join(wrong[:5])}", hint=hint, id="audit.E002")]
