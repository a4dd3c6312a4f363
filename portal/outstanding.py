"""What an employee has to decide, with its title, in a number of queries that does not grow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from tenants.models import Employee
from terms.languages import best_of
from terms.models import Acceptance, TermsPolicy, TermsText, TermsVersion
from terms.models.version import Publication
from terms.standing import Place, place_of


@dataclass(frozen=True)
class Outstanding:
    """Terms that wait for a decision. text: their newest words, without the long ones."""

    place: Place
    text: TermsText


def outstanding_of(employee: Employee, languages: list[str]) -> list[Outstanding]:
    """What waits for the employee, what is due first at the top. The same as `terms.standing.places_of` says."""
    now = timezone.now()
    policies = list(TermsPolicy.objects.for_tenant(employee.tenant_id).asked_of(employee))
    asked = _asked(policies, now)
    own = Acceptance.objects.for_tenant(employee.tenant_id).filter(employee=employee)
    decisions = list(own.select_related("version").order_by("decided_at", "id"))
    places = [place_of(policy, asked.get(policy.pk), decisions, now) for policy in policies]
    waiting = [(place, place.version) for place in places if place.is_outstanding and place.version]
    texts = _texts(employee, [version for _, version in waiting])
    found = [
        Outstanding(place, _best(texts[version.pk], languages, place.policy.default_language))
        for place, version in waiting
    ]
    return sorted(found, key=lambda one: (one.place.due or now, one.text.title))


def _asked(policies: list[TermsPolicy], at: datetime) -> dict[int, TermsVersion]:
    """For each policy the newest version that has begun, unless it has expired."""
    if not policies:
        return {}
    published = TermsVersion.objects.for_tenant(policies[0].tenant_id).filter(
        policy__in=policies, status=Publication.PUBLISHED, effective_from__lte=at
    )
    newest = {version.policy_id: version for version in published.order_by("number")}
    return {key: v for key, v in newest.items() if v.expires_at is None or v.expires_at > at}


def _texts(employee: Employee, versions: list[TermsVersion]) -> dict[int, dict[str, TermsText]]:
    """By version and language, those of the newest revision."""
    published = TermsText.objects.for_tenant(employee.tenant_id).filter(
        revision__version__in=versions, revision__status=Publication.PUBLISHED
    )
    rows = (
        published.select_related("revision").defer("body", "privacy_statement").order_by("revision__number")
    )
    found: dict[int, dict[int, dict[str, TermsText]]] = {}
    for text in rows:
        revisions = found.setdefault(text.revision.version_id, {})
        revisions.setdefault(text.revision.number, {})[text.language] = text
    return {version: revisions[max(revisions)] for version, revisions in found.items()}


def _best(at_hand: dict[str, TermsText], languages: list[str], default: str) -> TermsText:
    return at_hand[best_of(languages, list(at_hand), default)]
