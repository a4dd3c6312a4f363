"""What a wording is now: a draft, published and in use or still to begin, followed by another one, or retired."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from tenants.pages.parts import Badge
from terms.models import TermsRevision
from terms.models.version import Publication

DRAFT, LATER, PUBLISHED, FOLLOWED, RETIRED = (
    "Draft", "Begins later", "Published", "Followed by another", "Retired"
)  # fmt: skip
LABELS = {DRAFT: "warning", LATER: "info", PUBLISHED: "success", FOLLOWED: "", RETIRED: ""}
TONES = {DRAFT: "warn", LATER: "info", PUBLISHED: "good", FOLLOWED: "plain", RETIRED: "plain"}


def with_followers(revisions: Any) -> Any:
    """The revisions, each with `is_followed`: whether a correction of it, or a newer version, has begun to hold."""
    newer = Q(version__number__gt=OuterRef("version__number"), version__effective_from__lte=timezone.now())
    corrected = Q(version=OuterRef("version_id"), number__gt=OuterRef("number"))
    published = TermsRevision.objects.across_tenants().filter(
        newer | corrected, version__policy=OuterRef("version__policy_id"), status=Publication.PUBLISHED
    )
    return revisions.annotate(is_followed=Exists(published))


def state_of(revision: Any) -> str:
    """revision: one of `with_followers`, with its version and policy."""
    version = revision.version
    if version.policy.is_retired:
        return RETIRED
    if revision.status == Publication.DRAFT:
        return DRAFT
    if version.effective_from is not None and version.effective_from > timezone.now():
        return LATER
    return FOLLOWED if revision.is_followed else PUBLISHED


def state_badge(revision: Any) -> Badge:
    state = state_of(revision)
    return Badge(state, TONES[state])
