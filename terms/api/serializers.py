"""Terms as they are shown, and what the bodies of their deeds may say."""

from __future__ import annotations

from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import (
    IdField,
    InputSerializer,
    OptionalReasonSerializer,
    OutputSerializer,
    ReasonField,
)
from tenants.models import Employee
from terms.course import Step
from terms.models import Acceptance, TermsPolicy, TermsVersion
from terms.models.version import LONGEST_TEXT, Publication
from terms.standing import Standing

MOST_GROUPS = 500
MOST_LANGUAGES = 60
MOST_REMINDED = 500


class State(models.TextChoices):
    """What a version is at an instant."""

    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Begins later"
    ASKED = "asked", "Is asked for"
    SUPERSEDED = "superseded", "A newer one has begun"
    EXPIRED = "expired", "Holds no longer"


# --- Policies --------------------------------------------------------------------------------------------------------


class TermsSerializer(OutputSerializer):
    """A policy: whom it is for and when it asks; its words stand in its versions."""

    groups = serializers.ListField(
        source="included", child=serializers.CharField(), read_only=True, help_text="Ids of groups."
    )
    excluded = serializers.ListField(
        source="left_out",
        child=serializers.CharField(),
        read_only=True,
        help_text="Ids of groups that it is not for.",
    )
    version = serializers.IntegerField(
        source="asked_number",
        allow_null=True,
        read_only=True,
        help_text="The version that is asked for at the instant that the answer is about.",
    )
    draft = serializers.IntegerField(
        source="draft_number", allow_null=True, read_only=True, help_text="The version that is being drafted."
    )

    class Meta:
        model = TermsPolicy
        fields = (
            "id", "name", "description", "default_language", "for_everybody", "groups", "excluded", "reaccept_months",
            "four_eyes", "remind_days", "remind_at_most", "remind_paused", "version", "draft", "retired_at",
            "retired_by", "retire_reason",
        )  # fmt: skip


class TermsChangeSerializer(OptionalReasonSerializer):
    """What is right from now on."""

    name = serializers.CharField(max_length=200, required=False, help_text="Employees never see it.")
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    default_language = serializers.CharField(max_length=16, required=False, help_text="BCP 47, as in de.")
    reaccept_months = serializers.IntegerField(
        min_value=1,
        max_value=120,
        required=False,
        allow_null=True,
        help_text="After how many months an acceptance has to be repeated; null: never.",
    )
    four_eyes = serializers.BooleanField(
        required=False, help_text="Whoever wrote in a draft cannot publish it."
    )
    remind_days = serializers.IntegerField(
        min_value=1,
        max_value=90,
        required=False,
        allow_null=True,
        help_text="Remind every so many days; null: never.",
    )
    remind_at_most = serializers.IntegerField(min_value=0, max_value=50, required=False)
    remind_paused = serializers.BooleanField(
        required=False, help_text="Whether the console sends none by itself for now."
    )


class NewTermsSerializer(TermsChangeSerializer):
    """A policy, for everybody until it is assigned."""

    reason = None  # type: ignore[assignment]
    name = serializers.CharField(max_length=200, help_text="Employees never see it.")


def _groups(**options: Any) -> serializers.ListField:
    child = serializers.RegexField("^[0-9]{1,19}$")
    return serializers.ListField(child=child, max_length=MOST_GROUPS, required=False, default=list, **options)


class AssignSerializer(OptionalReasonSerializer):
    """Whom the policy is for, said anew as a whole."""

    everybody = serializers.BooleanField(help_text="For everybody; otherwise for the groups alone.")
    groups = _groups(help_text="Ids of groups.")
    excluded = _groups(help_text="Ids of groups that it is not for, whoever else their members are.")


class ProgressSerializer(serializers.Serializer[Any]):
    """How many employees stand where. The directory is that of now."""

    at = InstantField()
    version = serializers.IntegerField(allow_null=True, help_text="The version that is asked for.")
    asked = serializers.IntegerField(help_text="How many active employees it is for.")
    accepted_latest = serializers.IntegerField()
    accepted_older = serializers.IntegerField()
    declined = serializers.IntegerField()
    outstanding = serializers.IntegerField()
    percent = serializers.FloatField(help_text="Of those asked, who accepted the latest.")


class PointSerializer(serializers.Serializer[Any]):
    """Where they stood at an instant."""

    at = InstantField()
    version = serializers.IntegerField(allow_null=True, help_text="The version that was asked for.")
    accepted_latest = serializers.IntegerField(source="numbers.accepted_latest")
    accepted_older = serializers.IntegerField(source="numbers.accepted_older")
    declined = serializers.IntegerField(source="numbers.declined")
    outstanding = serializers.IntegerField(source="numbers.outstanding")
    percent = serializers.FloatField(
        source="numbers.percent", help_text="Of those asked, who had accepted the latest."
    )


class CourseSerializer(serializers.Serializer[Any]):
    """How acceptance went, of the employees whom it is for now. The last point is now, or the instant asked for."""

    step = serializers.ChoiceField(choices=Step.choices)
    points = PointSerializer(many=True)


class OutstandingSerializer(OutputSerializer):
    """An employee who owes the policy a decision, or declined it."""

    standing = serializers.ChoiceField(choices=Standing.choices, read_only=True)
    since = InstantField(
        source="debt.place.since", allow_null=True, read_only=True, help_text="Since when it waits."
    )
    reachable = serializers.BooleanField(
        source="debt.is_reachable", read_only=True, help_text="Whether there is an e-mail address."
    )
    reminders = serializers.SerializerMethodField(help_text="How many reminders of this asking were sent.")
    last_reminded_at = InstantField(source="debt.last_reminded_at", allow_null=True, read_only=True)
    reminded_next_at = InstantField(
        source="debt.reminded_next_at",
        allow_null=True,
        read_only=True,
        help_text="When the console reminds by itself; null: not, or no more.",
    )

    class Meta:
        model = Employee
        fields = (
            "id", "directory_id", "user_principal_name", "display_name", "mail", "standing", "since", "reachable",
            "reminders", "last_reminded_at", "reminded_next_at",
        )  # fmt: skip

    def get_reminders(self, employee: Any) -> int:
        return len(employee.debt.reminders)


class RemindSerializer(OptionalReasonSerializer):
    """Whom to remind now."""

    employees = serializers.ListField(
        child=serializers.RegexField("^[0-9]{1,19}$"),
        required=False,
        allow_empty=False,
        max_length=MOST_REMINDED,
        help_text="Ids of employees; where not given, everybody who owes a decision.",
    )


class RemindedSerializer(TermsSerializer):
    """The policy, and what came of reminding."""

    reminded = serializers.IntegerField(read_only=True, help_text="How many got an e-mail.")
    unreachable = serializers.IntegerField(read_only=True, help_text="How many have no e-mail address.")
    lately = serializers.IntegerField(
        read_only=True, help_text="How many had been reminded within a day, and were not again."
    )
    later = serializers.IntegerField(
        read_only=True, help_text="How many owe a decision and are reminded by the worker, as they are many."
    )

    class Meta(TermsSerializer.Meta):
        fields = (*TermsSerializer.Meta.fields, "reminded", "unreachable", "lately", "later")  # type: ignore[assignment]


# --- Versions --------------------------------------------------------------------------------------------------------


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


# --- Acceptances -----------------------------------------------------------------------------------------------------


class AcceptanceSerializer(OutputSerializer):
    """A decision, with everything that was known when it was made."""

    employee = serializers.CharField(source="employee_id", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    revision = serializers.SerializerMethodField()
    supersedes = serializers.SerializerMethodField()
    acceptance_import = serializers.SerializerMethodField()

    class Meta:
        model = Acceptance
        fields = (
            "id", "receipt_id", "employee", "directory_id", "user_principal_name", "display_name", "version",
            "revision", "language", "text_sha256", "round", "shown_at", "decided_at", "decision", "valid_until",
            "button", "surface", "trigger", "device", "network", "supersedes", "acceptance_import",
            "imported_from", "key_id",
        )  # fmt: skip

    def get_revision(self, acceptance: Acceptance) -> int | None:
        """The revision that was shown; null where it is not known, as on paper."""
        return acceptance.revision.number if acceptance.revision else None

    def get_supersedes(self, acceptance: Acceptance) -> str | None:
        """The decision before it; its id."""
        return str(acceptance.supersedes_id) if acceptance.supersedes_id else None

    def get_acceptance_import(self, acceptance: Acceptance) -> str | None:
        """The import that brought it; its id. Null for what was decided here."""
        return str(acceptance.source_id) if acceptance.source_id else None


class _ReceiptTenantSerializer(serializers.Serializer[Any]):
    directory_id = serializers.CharField()
    slug = serializers.CharField()


class _ReceiptEmployeeSerializer(serializers.Serializer[Any]):
    directory_id = serializers.CharField()
    user_principal_name = serializers.CharField()
    display_name = serializers.CharField()


class ReceiptSerializer(serializers.Serializer[Any]):
    """What was signed, and the signature (Ed25519) over its canonical JSON without `signature`."""

    format = serializers.CharField()
    receipt_id = serializers.CharField()
    tenant = _ReceiptTenantSerializer()
    employee = _ReceiptEmployeeSerializer()
    policy = serializers.CharField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField(allow_null=True)
    language = serializers.CharField()
    text_sha256 = serializers.CharField()
    shown_at = serializers.CharField(allow_null=True)
    decided_at = serializers.CharField()
    decision = serializers.CharField()
    valid_until = serializers.CharField(allow_null=True)
    button = serializers.CharField()
    surface = serializers.CharField()
    key_id = serializers.CharField()
    signature = serializers.CharField()
