"""What of the terms waits for somebody: drafts for a second pair of eyes, grace that ends with people outstanding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    Value,
)
from django.db.models.functions import Cast

from tenants.models import Employee, GroupMember
from tenants.roles import Permission
from terms.models import Acceptance, TermsRevision, TermsTarget, TermsText, TermsVersion
from terms.models.version import Publication
from work.worklist import Item, Look, Severity, page_about, source

LEAD = timedelta(days=14)
A_DAY = Value(timedelta(days=1), output_field=DurationField())


@source("terms.drafts", title="Draft to be published by somebody else", permission=Permission.VIEW_TERMS)
def drafts_for_other_eyes(look: Look) -> Iterator[Item]:
    """Drafts of policies with four eyes, once there is a text in the default language."""
    drafts: Any = TermsRevision.objects.across_tenants().filter(
        tenant__in=look.tenants,
        status=Publication.DRAFT,
        version__policy__four_eyes=True,
        version__policy__retired_at__isnull=True,
    )
    written = TermsText.objects.across_tenants().filter(
        revision=OuterRef("pk"), language=OuterRef("version__policy__default_language")
    )
    rows = drafts.filter(Exists(written)).select_related("tenant", "version__policy")
    for draft in look.longest(rows, "drafted_at"):
        yield look.item(
            draft,
            title=f"Publish {draft}",
            about=f"{draft.drafted_by} wrote it last; somebody who did not write in it publishes it",
            url=page_about(draft),
            since=draft.drafted_at,
        )


@source("terms.grace", title="Grace ends with people outstanding", permission=Permission.VIEW_TERMS)
def ending_grace(look: Look) -> Iterator[Item]:
    """The version in force, from two weeks before its grace ends, for as long as somebody has not decided about it."""
    newer = TermsVersion.objects.across_tenants().filter(
        policy=OuterRef("policy"),
        number__gt=OuterRef("number"),
        status=Publication.PUBLISHED,
        effective_from__lte=look.at,
    )
    in_force: Any = TermsVersion.objects.across_tenants().filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=look.at),
        ~Exists(newer),
        tenant__in=look.tenants,
        status=Publication.PUBLISHED,
        effective_from__lte=look.at,
        grace_days__gt=0,
        policy__retired_at__isnull=True,
    )
    grace = ExpressionWrapper(Cast("grace_days", IntegerField()) * A_DAY, output_field=DurationField())
    ends = ExpressionWrapper(F("effective_from") + grace, output_field=DateTimeField())
    rows = in_force.annotate(grace_ends=ends).filter(_somebody_is_undecided(), grace_ends__lte=look.at + LEAD)
    for version in look.nearest(rows.select_related("tenant", "policy"), "grace_ends"):
        yield look.item(
            version,
            title=f"The grace of {version} ends",
            about="Employees whom it is for have not decided yet: remind them",
            url=page_about(version, version.policy),
            due=version.grace_ends,
            severity=Severity.HIGH,
        )


def _somebody_is_undecided() -> Q:
    """Of versions: whether an active employee whom the policy is for has said nothing about it."""
    decided = Acceptance.objects.across_tenants().filter(
        employee=OuterRef("pk"), version=OuterRef(OuterRef("pk"))
    )
    active: Any = Employee.objects.across_tenants().filter(
        tenant=OuterRef("tenant"), status=Employee.Status.ACTIVE
    )
    undecided = active.filter(~Exists(_in_groups(excluded=True)), ~Exists(decided))
    chosen = undecided.filter(Exists(_in_groups(excluded=False)))
    return Q(Exists(undecided), policy__for_everybody=True) | Q(Exists(chosen), policy__for_everybody=False)


def _in_groups(*, excluded: bool) -> Any:
    """Of an employee within a version: their places in groups that the version's policy names."""
    targets = TermsTarget.objects.across_tenants().filter(
        policy=OuterRef(OuterRef(OuterRef("policy"))), excluded=excluded
    )
    return GroupMember.objects.across_tenants().filter(
        employee=OuterRef("pk"), group__in=targets.values("group")
    )
