"""Versions with their texts as they are shown and compared, and what may be written and published."""

from __future__ import annotations

from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import (
    IdField,
    InputSerializer,
    OutputSerializer,
    ReasonField,
)
from terms.models import TermsVersion
from terms.models.version import LONGEST_TEXT, Publication

MOST_LANGUAGES = 60


class State(models.TextChoices):
    """What a version is at an instant."""

    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Begins later"
    ASKED = "asked", "Is asked for"
    SUPERSEDED = "superseded", "A newer one has begun"
    EXPIRED = "expired", "Holds no longer"


class TextSerializer(serializers.Serializer[Any]):
    """The words in one language. A list of versions leaves the long parts out."""

    language = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField(required=False)
    body = serializers.CharField(required=False, help_text="Markdown.")
    privacy_statement = serializers.CharField(required=False, help_text="Markdown.")
    sha256 = serializers.CharField(
        help_text="Of the text's bytes: JSON of the five parts, sorted, without spaces. Empty in a draft."
    )


class RevisionSerializer(serializers.Serializer[Any]):
    """A wording of a version. Number 0 is the first; the others are small corrections."""

    number = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Publication.choices)
    note = serializers.CharField(help_text="What was corrected.")
    drafted_at = InstantField()
    drafted_by = serializers.CharField(help_text="Who wrote in it last.")
    published_at = InstantField(allow_null=True)
    published_by = serializers.CharField()
    publish_reason = serializers.CharField()
    texts = TextSerializer(many=True)


class VersionSerializer(OutputSerializer):
    """A version. Publishing one asks everybody whom the policy is for."""

    id = IdField(source="number")
    state = serializers.ChoiceField(
        choices=State.choices, read_only=True, help_text="At the instant that the answer is about."
    )
    revisions = serializers.SerializerMethodField()

    class Meta:
        model = TermsVersion
        fields = (
            "id", "number", "status", "state", "effective_from", "grace_days", "expires_at", "published_at",
            "revisions",
        )  # fmt: skip

    @extend_schema_field(RevisionSerializer(many=True))
    def get_revisions(self, version: TermsVersion) -> list[dict[str, Any]]:
        """The newest first."""
        return list(RevisionSerializer(version.wordings, many=True).data)  # type: ignore[attr-defined]


class WordsSerializer(InputSerializer):
    """The words in one language, kept byte by byte."""

    language = serializers.CharField(max_length=16, help_text="BCP 47, for example de or pt-BR.")
    title = serializers.CharField(max_length=200, trim_whitespace=False)
    summary = serializers.CharField(
        max_length=LONGEST_TEXT, trim_whitespace=False, help_text="What accepting means."
    )
    body = serializers.CharField(max_length=LONGEST_TEXT, trim_whitespace=False, help_text="Markdown.")
    privacy_statement = serializers.CharField(
        max_length=LONGEST_TEXT,
        trim_whitespace=False,
        required=False,
        allow_blank=True,
        default="",
        help_text="Markdown.",
    )


class TextsSerializer(InputSerializer):
    """Words in some languages; each over what stood there."""

    texts = WordsSerializer(many=True, max_length=MOST_LANGUAGES)  # type: ignore[call-arg]


class DraftSerializer(InputSerializer):
    """What differs from the words of the version before; those are taken over."""

    texts = WordsSerializer(many=True, max_length=MOST_LANGUAGES, required=False)  # type: ignore[call-arg]


class ReviseSerializer(DraftSerializer):
    """A small correction."""

    note = serializers.CharField(
        max_length=10_000, help_text="What is corrected, and why nobody need be asked again."
    )


class PublishSerializer(InputSerializer):
    """From when it is asked for."""

    reason = ReasonField()
    effective_from = InstantField(required=False, allow_null=True, help_text="Where not given: now.")
    grace_days = serializers.IntegerField(
        min_value=0,
        max_value=365,
        required=False,
        default=0,
        help_text="For how many days the one before it still counts.",
    )
    expires_at = InstantField(
        required=False, allow_null=True, help_text="When it holds no longer; null: never."
    )


class PieceSerializer(serializers.Serializer[Any]):
    """Some words of a line."""

    words = serializers.CharField()
    changed = serializers.BooleanField()


class RowSerializer(serializers.Serializer[Any]):
    """A line in both texts; null where a text has none."""

    kind = serializers.ChoiceField(choices=("same", "added", "removed", "changed", "skipped"))
    before = PieceSerializer(many=True, allow_null=True)
    after = PieceSerializer(many=True, allow_null=True)
    skipped = serializers.IntegerField(help_text="So many equal lines are left out here.")


class PartSerializer(serializers.Serializer[Any]):
    """One part of the texts, compared."""

    name = serializers.ChoiceField(choices=("title", "summary", "body", "privacy_statement"))
    is_same = serializers.BooleanField()
    rows = RowSerializer(many=True)


class TermsDifferenceSerializer(serializers.Serializer[Any]):
    """Two texts side by side."""

    language = serializers.CharField()
    before = serializers.CharField(help_text="Version and revision, for example 1.0.")
    after = serializers.CharField()
    parts = PartSerializer(many=True)
