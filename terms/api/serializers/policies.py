"""Policies as they are shown, and what the bodies of their deeds may say."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from privacy_console.rest.serializers import (
    OptionalReasonSerializer,
    OutputSerializer,
)
from terms.models import TermsPolicy

MOST_GROUPS = 500


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
