"""Policies: made, changed, assigned, retired."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import locked, name_of, require_open, require_reason
from tenants.models import Group, Tenant
from tenants.roles import Permission
from terms.models import TermsPolicy, TermsRevision, TermsTarget, TermsText
from terms.models.version import Publication

CHANGEABLE = (
    "name", "description", "default_language", "reaccept_months", "four_eyes", "remind_days", "remind_at_most",
    "remind_paused",
)  # fmt: skip


@transaction.atomic
def create_policy(*, tenant: Tenant, name: str, by: Principal, **settings: Any) -> TermsPolicy:
    """A policy without any text yet, for everybody until it is assigned to groups.

    settings: any of CHANGEABLE. Raises PermissionDenied, ValidationError naming the fields.
    """
    require(by, Permission.DRAFT_TERMS, tenant)
    require_open(tenant)
    policy = TermsPolicy(tenant=tenant, name=name, **_checked(settings))
    policy.full_clean()
    with deed("terms.created", on=TermsPolicy, action=Action.CREATE):
        policy.save()
    return policy


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(settings.keys() - set(CHANGEABLE))
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, "A policy has no such setting."))
    return settings


def in_use(policy: TermsPolicy) -> TermsPolicy:
    """The policy, locked. Raises Refused where it is retired."""
    policy = locked(policy)
    if policy.is_retired:
        raise Refused("retired", f"{policy} is retired: nothing about it changes any more.")
    return policy


@transaction.atomic
def change_policy(*, policy: TermsPolicy, by: Principal, reason: str = "", **settings: Any) -> TermsPolicy:
    """Change any of CHANGEABLE. Dropping the four eyes takes whoever may publish.

    Raises PermissionDenied, ValidationError, Refused.
    """
    require(by, Permission.DRAFT_TERMS, policy.tenant)
    policy = in_use(policy)
    if policy.four_eyes and settings.get("four_eyes") is False:
        require(by, Permission.PUBLISH_TERMS, policy.tenant)
    for name, value in _checked(settings).items():
        setattr(policy, name, value)
    policy.full_clean()
    _require_default_texts(policy)
    with deed("terms.changed", on=TermsPolicy, action=Action.UPDATE, reason=reason):
        policy.save()
    return policy


def _require_default_texts(policy: TermsPolicy) -> None:
    """Whoever prefers a language without a text gets the default one, so that one must be there."""
    published = TermsRevision.objects.for_tenant(policy.tenant_id).filter(
        version__policy=policy, status=Publication.PUBLISHED
    )
    newest = published.order_by("version", "-number")
    latest = {revision.version_id: revision for revision in reversed(newest)}
    texts = TermsText.objects.for_tenant(policy.tenant_id).filter(language=policy.default_language)
    if texts.filter(revision__in=latest.values()).count() < len(latest):
        raise ValidationError(
            {
                "default_language": "Not every published version has a text in this language. Add it by revisions."
            }
        )


@transaction.atomic
def assign_policy(
    *,
    policy: TermsPolicy,
    by: Principal,
    everybody: bool,
    groups: Collection[Group] = (),
    excluded: Collection[Group] = (),
    reason: str = "",
) -> TermsPolicy:
    """Say anew whom the policy is for: everybody or the members of `groups`, but never those of `excluded`.

    Raises PermissionDenied, ValidationError, Refused.
    """
    require(by, Permission.DRAFT_TERMS, policy.tenant)
    policy = in_use(policy)
    if everybody and groups:
        raise ValidationError({"groups": "It is for everybody; name groups where it is for them alone."})
    included, left_out = {group.pk for group in groups}, {group.pk for group in excluded}
    if included & left_out:
        raise ValidationError({"excluded": "A group is either included or excluded."})
    if any(group.tenant_id != policy.tenant_id for group in (*groups, *excluded)):
        raise ValidationError({"groups": "These are groups of another tenant."})
    wanted = dict.fromkeys(included, False) | dict.fromkeys(left_out, True)
    with deed("terms.assigned", on=TermsPolicy, action=Action.ASSIGN, reason=reason):
        policy.for_everybody = everybody
        policy.save(update_fields=["for_everybody"])
    with deed("terms.assigned", on=TermsTarget, action=Action.ASSIGN, reason=reason):
        _set_targets(policy, wanted)
    return policy


def _set_targets(policy: TermsPolicy, wanted: dict[int, bool]) -> None:
    targets = TermsTarget.objects.for_tenant(policy.tenant_id).filter(policy=policy)
    for target in targets:
        if wanted.get(target.group_id) != target.excluded:
            target.delete()
        else:
            del wanted[target.group_id]
    TermsTarget.objects.for_tenant(policy.tenant_id).bulk_create(
        TermsTarget(tenant=policy.tenant, policy=policy, group_id=group, excluded=excluded)
        for group, excluded in wanted.items()
    )


@transaction.atomic
def retire_policy(*, policy: TermsPolicy, by: Principal, reason: str) -> TermsPolicy:
    """Ask nobody any more; every text and every acceptance stays. It cannot be taken back.

    Raises PermissionDenied, ValidationError, Refused.
    """
    require(by, Permission.PUBLISH_TERMS, policy.tenant)
    reason = require_reason(reason)
    policy = in_use(policy)
    policy.retired_at, policy.retire_reason = timezone.now(), reason
    policy.retired_by = name_of(by, policy.tenant)
    with deed("terms.retired", on=TermsPolicy, action=Action.MANAGE, reason=reason):
        policy.save()
    return policy
