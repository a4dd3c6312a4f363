"""Wording: drafted, written, published. A version asks everybody; a revision corrects and asks nobody."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from audit.context import Action, deed
from privacy_console.errors import Refused
from tenants.access import Principal, require
from tenants.deeds import locked, name_of, person_behind, require_open, require_reason
from tenants.roles import Permission
from terms.models import TermsPolicy, TermsRevision, TermsText, TermsVersion
from terms.models.version import LONGEST_TEXT, Publication
from terms.services.policies import in_use

# Control characters, and those that override the direction: a sentence must read for all as it is stored.
NOT_WORDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NO_WORDS = (
    "It contains control characters, or some that turn the direction of writing. Copy it as plain text."
)
WORDS = ("title", "summary", "body", "privacy_statement")
REQUIRED = ("title", "summary", "body")
FURTHEST_START = timedelta(days=3650)
LONGEST_GRACE = 365


@transaction.atomic
def draft_version(*, policy: TermsPolicy, by: Principal) -> TermsRevision:
    """Begin the next version, with the words of the present one to start from. Returns its first revision, a draft.

    Raises PermissionDenied, Refused where one is being drafted already.
    """
    require(by, Permission.DRAFT_TERMS, policy.tenant)
    require_open(policy.tenant)
    policy = in_use(policy)
    versions = TermsVersion.objects.for_tenant(policy.tenant).filter(policy=policy)
    if versions.filter(status=Publication.DRAFT).exists():
        raise Refused("drafted", "A version of this policy is being drafted already. Publish that one first.")
    before = versions.order_by("-number").first()
    number = before.number + 1 if before else 1
    version = TermsVersion(tenant=policy.tenant, policy=policy, number=number)
    with deed("terms.drafted", on=TermsVersion, action=Action.CREATE):
        version.save()
    return _draft(version, 0, by, copy_of=latest_revision(before) if before else None)


@transaction.atomic
def draft_revision(*, version: TermsVersion, note: str, by: Principal) -> TermsRevision:
    """Begin a small correction of a published version; `note` says what, and why nobody need be asked again.

    Raises PermissionDenied, ValidationError, Refused.
    """
    require(by, Permission.DRAFT_TERMS, version.tenant)
    in_use(version.policy)
    version = locked(version)
    if version.status != Publication.PUBLISHED:
        raise Refused(
            "not_published", "This version is a draft: write in it, there is nothing to correct yet."
        )
    if not note.strip():
        raise ValidationError({"note": "Say what is corrected, and why nobody need be asked again."})
    before = latest_revision(version)
    if (
        TermsRevision.objects.for_tenant(version.tenant)
        .filter(version=version, status=Publication.DRAFT)
        .exists()
    ):
        raise Refused(
            "drafted", "A revision of this version is being drafted already. Publish that one first."
        )
    number = before.number + 1 if before else 0
    return _draft(version, number, by, copy_of=before, note=note.strip())


def latest_revision(version: TermsVersion) -> TermsRevision | None:
    """The published revision with the highest number."""
    revisions = TermsRevision.objects.for_tenant(version.tenant_id).filter(version=version)
    found: TermsRevision | None = revisions.filter(status=Publication.PUBLISHED).order_by("-number").first()
    return found


def _draft(
    version: TermsVersion, number: int, by: Principal, *, copy_of: TermsRevision | None, note: str = ""
) -> TermsRevision:
    revision = TermsRevision(
        tenant=version.tenant,
        version=version,
        number=number,
        note=note,
        drafted_by=name_of(by, version.tenant),
        drafted_by_id=person_behind(by),
    )
    with deed("terms.drafted", on=TermsRevision, action=Action.CREATE):
        revision.save()
    texts = TermsText.objects.for_tenant(version.tenant)
    texts.bulk_create(
        TermsText(
            tenant=version.tenant,
            revision=revision,
            language=text.language,
            **{name: getattr(text, name) for name in WORDS},
        )
        for text in texts.filter(revision=copy_of)
    )
    return revision


@transaction.atomic
def write_text(
    *,
    revision: TermsRevision,
    language: str,
    title: str,
    summary: str,
    body: str,
    by: Principal,
    privacy_statement: str = "",
) -> TermsText:
    """Write a draft's words in one language, over what stood there. The texts are kept byte by byte.

    Raises PermissionDenied, ValidationError, Refused for what was published.
    """
    require(by, Permission.DRAFT_TERMS, revision.tenant)
    revision = locked(revision)
    _require_draft(revision)
    texts = TermsText.objects.for_tenant(revision.tenant).filter(revision=revision, language=language)
    text = texts.first() or TermsText(tenant=revision.tenant, revision=revision, language=language)
    text.title, text.summary, text.body, text.privacy_statement = title, summary, body, privacy_statement
    _check_words(text)
    revision.drafted_by, revision.drafted_by_id = name_of(by, revision.tenant), person_behind(by)
    with deed("terms.written", on=TermsRevision, action=Action.UPDATE):
        revision.save()
    with deed("terms.written", on=TermsText, action=Action.UPDATE):
        text.save()
    return text


def _require_draft(revision: TermsRevision) -> None:
    if revision.status != Publication.DRAFT:
        raise Refused("published", "Published words never change. Draft a revision or a new version.")


def _check_words(text: TermsText) -> None:
    for name in WORDS:
        if NOT_WORDS.search(getattr(text, name)):
            raise ValidationError({name: NO_WORDS})
        if name in REQUIRED and not getattr(text, name).strip():
            raise ValidationError({name: "Write something here: employees read it."})
    if "\n" in text.title or "\r" in text.title:
        raise ValidationError({"title": "A title is one line."})
    if not text.language:
        raise ValidationError({"language": "Say in which language it is written, for example de."})
    text.full_clean()
    if len(text.content) > LONGEST_TEXT:
        raise ValidationError(
            {"body": f"A text has {LONGEST_TEXT // 1024} KB at most, all its parts together."}
        )


@transaction.atomic
def publish_version(
    *,
    version: TermsVersion,
    by: Principal,
    reason: str,
    effective_from: datetime | None = None,
    grace_days: int = 0,
    expires_at: datetime | None = None,
) -> TermsVersion:
    """Publish a draft: from `effective_from` (now, where not given) it is asked for; the version before it counts for
    `grace_days` more. Raises PermissionDenied, ValidationError, Refused.
    """
    require(by, Permission.PUBLISH_TERMS, version.tenant)
    require_open(version.tenant)
    reason = require_reason(reason)
    policy = in_use(version.policy)
    version = locked(version)
    if version.status != Publication.DRAFT:
        raise Refused("published", f"{version} is published already.")
    now = timezone.now()
    version.effective_from, version.grace_days = effective_from or now, grace_days
    version.expires_at, version.published_at, version.status = expires_at, now, Publication.PUBLISHED
    _check_start(version, now)
    version.full_clean()
    drafts = TermsRevision.objects.for_tenant(version.tenant).filter(version=version)
    revision = locked(drafts.get(status=Publication.DRAFT))
    _publish(revision, policy, by, reason, now)
    with deed("terms.published", on=TermsVersion, action=Action.ASSIGN, reason=reason):
        version.save()
    return version


def _check_start(version: TermsVersion, now: datetime) -> None:
    """Nobody can be asked in the past, and versions are asked for in their order."""
    begins = version.effective_from or now
    if begins < now:
        raise ValidationError(
            {"effective_from": "It lies in the past; nobody can be asked then. Leave it empty."}
        )
    if begins - now > FURTHEST_START:
        raise ValidationError({"effective_from": "It lies more than ten years ahead."})
    if version.grace_days > LONGEST_GRACE:
        raise ValidationError({"grace_days": f"{LONGEST_GRACE} days are the longest."})
    before = TermsVersion.objects.for_tenant(version.tenant_id).filter(
        policy=version.policy_id, status=Publication.PUBLISHED
    )
    latest = before.aggregate(at=Max("effective_from"))["at"]
    if latest is not None and begins <= latest:
        raise ValidationError(
            {
                "effective_from": f"The version before it begins at {latest:%Y-%m-%d %H:%M %Z}; begin later than that."
            }
        )


@transaction.atomic
def publish_revision(*, revision: TermsRevision, by: Principal, reason: str) -> TermsRevision:
    """Publish a small correction of a published version. Raises PermissionDenied, ValidationError, Refused."""
    require(by, Permission.PUBLISH_TERMS, revision.tenant)
    reason = require_reason(reason)
    policy = in_use(revision.version.policy)
    revision = locked(revision)
    if revision.version.status != Publication.PUBLISHED:
        raise Refused(
            "not_published", "Publish the version, with its date; this revision goes along with it."
        )
    _publish(revision, policy, by, reason, timezone.now())
    return revision


def _has_written(revision: TermsRevision, person: str) -> bool:
    """Whether the person drafted it or ever wrote in it: the last one to write does not free the ones before."""
    records = TermsRevision.history.for_tenant(revision.tenant_id).filter(id=revision.pk)
    return bool(records.filter(drafted_by_id=person).exists())


def _publish(revision: TermsRevision, policy: TermsPolicy, by: Principal, reason: str, now: datetime) -> None:
    _require_draft(revision)
    if policy.four_eyes and _has_written(revision, person_behind(by)):
        raise Refused(
            "four_eyes", "You wrote in this draft; by the policy somebody who did not write it publishes it."
        )
    texts = list(TermsText.objects.for_tenant(revision.tenant_id).filter(revision=revision))
    if policy.default_language not in {text.language for text in texts}:
        raise Refused("no_text", f"There is no text in the default language ({policy.default_language}) yet.")
    for text in texts:
        text.status, text.sha256 = Publication.PUBLISHED, text.digest()
        with deed("terms.published", on=TermsText, action=Action.ASSIGN, reason=reason):
            text.save()
    revision.status, revision.published_at = Publication.PUBLISHED, now
    revision.published_by, revision.publish_reason = name_of(by, policy.tenant), reason
    revision.full_clean()
    with deed("terms.published", on=TermsRevision, action=Action.ASSIGN, reason=reason):
        revision.save()
