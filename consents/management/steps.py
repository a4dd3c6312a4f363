"""What the commands about the steps after a withdrawal have in common."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from consents.management.base import ConsentCommand
from consents.models import EndingStep


class StepCommand(ConsentCommand):
    def add_step(self, parser: CommandParser) -> None:
        """A step is named by its id, or by its code with tenant, service and connection."""
        parser.add_argument("step", help="Id of the step, as list_steps shows it; or its code, with …")
        parser.add_argument("--tenant", metavar="SLUG", help="… the short name of the tenant …")
        parser.add_argument("--service", metavar="CODE", help="… and the service that was withdrawn.")
        parser.add_argument(
            "--connection", default="", metavar="NAME", help="Which connection, where the tenant has several."
        )

    def step(self, *, step: str, connection: str, **names: Any) -> EndingStep:
        """The step that was named, in a tenant that exists for the actor, who acts in their role there."""
        if step.isascii() and step.isdecimal():
            by_id: EndingStep = self.owned(
                EndingStep, int(step), "step", "consent", "owner", listed_by="list_steps"
            )
            return by_id
        tenant, service = self.named(**names)
        steps = EndingStep.objects.for_tenant(tenant).filter(
            consent__service=service, consent__connection=connection.strip()
        )
        newest_first = steps.select_related("tenant", "consent", "owner").order_by("-consent")
        found: EndingStep = self.find(newest_first, "code", step, "step")
        return found


def step_row(step: EndingStep, *, whole: bool = True) -> dict[str, Any]:
    """One step; the names are those of the API. whole: also what is to be done, and what proves that it was."""
    row = {
        "id": str(step.pk),
        "tenant": step.tenant.slug,
        "consent": str(step.consent_id),
        "about": str(step.consent),
        "title": step.title,
        "due_on": step.due_on,
        "owner": step.owner.username if step.owner else None,
        "status": step.status,
    }
    more = {
        "code": step.code,
        "instructions": step.instructions,
        "source": step.source,
        "proof": step.proof,
        "done_at": step.done_at,
        "done_by": step.done_by,
    }
    return row | more if whole else row
