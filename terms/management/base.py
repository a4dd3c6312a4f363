"""What the commands about terms have in common: naming a policy, and showing one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.utils import timezone

from tenants.commands import ConsoleCommand
from tenants.models import Tenant
from terms.models import TermsPolicy, TermsRevision, TermsVersion
from terms.models.version import Publication
from terms.standing import version_asked


class TermsCommand(ConsoleCommand):
    def add_policy(self, parser: CommandParser, what: str = "Name of the policy.") -> None:
        parser.add_argument("name", metavar="NAME", help=what)
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="Short name of the tenant.")

    def policy(self, tenant: Tenant, name: str) -> TermsPolicy:
        """The tenant's policy with this name. Raises Refused that lists similar ones."""
        found: TermsPolicy = self.find(TermsPolicy.objects.for_tenant(tenant), "name", name, "policy")
        return found


def draft_of(policy: TermsPolicy) -> TermsRevision | None:
    """The policy's draft: that of a version, else that of a correction."""
    drafts = TermsRevision.objects.for_tenant(policy.tenant).filter(
        version__policy=policy, status=Publication.DRAFT
    )
    found: TermsRevision | None = (
        drafts.select_related("version__policy").order_by("-version__number").first()
    )
    return found


def text_of(file: Path, option: str) -> str:
    """The file's text, every byte of it: the hash must be that of the file. Raises ValidationError, OSError."""
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise ValidationError({option: f"{file} is no text in UTF-8."}) from None


def policy_row(policy: TermsPolicy) -> dict[str, Any]:
    """One policy; the names are those of the API."""
    asked, draft = version_asked(policy, timezone.now()), draft_of(policy)
    return {
        "id": str(policy.pk),
        "tenant": policy.tenant.slug,
        "name": policy.name,
        "for_everybody": policy.for_everybody,
        "default_language": policy.default_language,
        "version": asked.number if asked else None,
        "draft": str(draft.version.number) if draft else None,
        "reaccept_months": policy.reaccept_months,
        "four_eyes": policy.four_eyes,
        "retired_at": policy.retired_at,
    }


def revision_row(revision: TermsRevision) -> dict[str, Any]:
    """A wording, with the languages that it has."""
    version: TermsVersion = revision.version
    return {
        "policy": version.policy.name,
        "version": version.number,
        "revision": revision.number,
        "status": revision.status,
        "effective_from": version.effective_from,
        "languages": list(
            revision.texts.for_tenant(revision.tenant_id)
            .order_by("language")
            .values_list("language", flat=True)
        ),
    }
