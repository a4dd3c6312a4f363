"""Where employees stand with a policy, how they came there, and whom to remind."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from privacy_console.rest.instants import InstantField
from privacy_console.rest.serializers import (
    OptionalReasonSerializer,
    OutputSerializer,
)
from tenants.models import Employee
from terms.api.serializers.policies import TermsSerializer
from terms.course import Step
from terms.standing import Standing

MOST_REMINDED = 500


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
