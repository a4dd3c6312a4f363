"""Which optional features a tenant switched on or off, and so which optional data is collected."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.db.models import Min, Q

from audit.guards import Guard, JoinsOnly, OnlyAhead, append_only
from catalog.models import Feature
from elections.models.election import Election, life_of
from elections.querysets import collection_holding
from tenants.models import TenantOwned, TenantRecords


class CollectionElection(Election):
    """One decision about one or several features. Of each feature, the latest decision that has begun holds."""

    name = models.CharField(
        max_length=500, editable=False, help_text="What it switches, as the features were called then."
    )

    history = TenantRecords(category="elections", label="name")

    guards: ClassVar[tuple[Guard, ...]] = (
        *life_of("collection_election", "name"),
        OnlyAhead(
            name="collection_election_rewrites_nothing",
            message="A later election of the same feature is in force already; what lies before it is not rewritten.",
            same=("tenant_id",),
            state=("status", "approved"),
            start="effective_from",
            by="decided_at",
            about=("elections_electedfeature", "election_id", "feature_id"),
        ),
    )

    class Meta(Election.Meta):
        indexes = (models.Index(fields=("tenant", "effective_from"), name="collection_by_beginning"),)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def holding(cls, at: datetime, others: Any) -> Q:
        return collection_holding(at, others)

    @cached_property
    def ends_at(self) -> datetime | None:
        """When the last of its features is decided anew; None while one of them still stands."""
        ends = [part.ends_at for part in self.parts.select_related("election")]
        known = [end for end in ends if end is not None]
        return max(known, default=None) if len(known) == len(ends) else None


class ElectedFeature(TenantOwned):
    """A feature that an election switches, exactly as the catalog described it then."""

    election = models.ForeignKey(CollectionElection, models.PROTECT, related_name="parts")
    feature = models.ForeignKey(Feature, models.PROTECT, related_name="elections")
    feature_record = models.BigIntegerField(
        help_text="The feature's history row (and audit event) that was agreed to."
    )
    code = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    is_on = models.BooleanField("on")

    history = TenantRecords(category="elections", label="code", part=True)

    guards: ClassVar[tuple[Guard, ...]] = (
        *append_only(
            "elected_feature",
            "What an election switches never changes: elect anew.",
            "election_id", "feature_id", "feature_record", "code", "name", "is_on",
        ),
        JoinsOnly(
            name="elected_feature_joins_a_proposal",
            message="What an election switches is written down when it is proposed, and never added to.",
            key="election_id",
            to_table="elections_collectionelection",
            field="status",
            values=("proposed",),
        ),
    )  # fmt: skip

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=("election", "feature"), name="election_switches_a_feature_once"),
        )

    def __str__(self) -> str:
        return f"{self.name} {'on' if self.is_on else 'off'}"

    @cached_property
    def ends_at(self) -> datetime | None:
        """When the next decision about the feature begins to hold, as far as one is approved."""
        own = self.election.effective_from
        if own is None:
            return None
        since = Q(election__effective_from__gt=own) | Q(
            election__effective_from=own, election__gt=self.election_id
        )
        same = type(self).objects.for_tenant(self.tenant_id).filter(feature=self.feature_id)
        later = same.filter(since, election__status=Election.Status.APPROVED)
        return later.aggregate(next=Min("election__effective_from"))["next"]  # type: ignore[no-any-return]
