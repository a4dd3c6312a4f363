"""The processor's subcontractors with what was announced of them, and what a tenant objects to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Max
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import ThirdParty
from catalog.querysets import mentions
from consents.models import Objection, SubcontractorNotice
from consents.services import subcontractors as services
from consents.subcontractors import Subcontractor, agents, with_notices
from privacy_console.keys import key_of
from privacy_console.rest.concurrency import last_record
from privacy_console.rest.filters import ChoiceFilter, FilterSet, TextFilter
from privacy_console.rest.serializers import (
    InputSerializer,
    OutputSerializer,
    ReasonField,
    ReasonSerializer,
)
from tenants.api.viewsets import PrincipalViewSet, TenantViewSet
from tenants.roles import Permission


class NoticeSerializer(OutputSerializer):
    """What the processor announced of an agent, and when."""

    is_short = serializers.BooleanField(
        read_only=True, help_text="Announced later than the processor's contract allows."
    )
    is_running = serializers.SerializerMethodField()

    class Meta:
        model = SubcontractorNotice
        fields = (
            "id", "change", "announced_on", "effective_on", "notice_days", "is_short", "is_running", "task", "source",
            "recorded_at",
        )  # fmt: skip

    def get_is_running(self, notice: SubcontractorNotice) -> bool:
        """Announced, and not in effect yet, at the instant that the answer is about."""
        return notice.is_running(timezone.localdate(self.context["view"].at))


class SubcontractorSerializer(serializers.Serializer[Subcontractor]):
    """An agent of the processor. Its dates come from announcements: null where nothing was announced."""

    code = serializers.CharField(source="third_party.code")
    name = serializers.CharField(source="third_party.name")
    catalog = serializers.CharField(source="third_party.catalog.code")
    country = serializers.CharField(source="third_party.country")
    state = serializers.ChoiceField(choices=Subcontractor.State.choices)
    task = serializers.CharField()
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    came_at_short_notice = serializers.BooleanField()
    source = serializers.CharField(source="third_party.source")  # type: ignore[assignment]
    source_date = serializers.DateField(source="third_party.source_date", allow_null=True)
    notices = NoticeSerializer(many=True)


class NewNoticeSerializer(InputSerializer):
    """What the processor told its customers."""

    change = serializers.ChoiceField(choices=SubcontractorNotice.Change.choices)
    announced_on = serializers.DateField(help_text="When the processor told its customers.")
    effective_on = serializers.DateField(help_text="From when it holds.")
    notice_days = serializers.IntegerField(
        min_value=0, max_value=3650, help_text="How many days ahead its contract wants it told."
    )
    task = serializers.CharField(max_length=300, help_text="What the agent does for the processor.")
    source = serializers.CharField(max_length=300, help_text="Where it was announced.")  # type: ignore[assignment]


class SubcontractorFilters(FilterSet):
    country = TextFilter(help_text="ISO 3166-1 alpha-2.")
    search = TextFilter(method="by_words", help_text="Words in the name, code or note.")

    def by_words(self, parties: Any, name: str, value: str) -> Any:
        return parties.filter(mentions(value))


class SubcontractorsViewSet(PrincipalViewSet):
    """Third parties that act for the processor: they need no consent, but are announced with notice."""

    permissions_needed = {
        "list": Permission.VIEW_CATALOG,
        "retrieve": Permission.VIEW_CATALOG,
        "announce": Permission.ANNOUNCE,
    }
    serializer_class = SubcontractorSerializer
    input_serializers = {"announce": NewNoticeSerializer}
    filterset_class = SubcontractorFilters
    ordering = ("code",)
    ordering_fields = ("code", "name")
    lookup_field = "code"
    lookup_value_regex = "[-A-Za-z0-9_.:]{1,200}"
    has_past = True

    @property
    def today(self) -> date:
        return timezone.localdate(self.at)

    def get_queryset(self) -> Any:
        # By id, so that where two catalogs know a code the one loaded first answers.
        rows = agents(on=self.today, known_at=self.as_of).order_by("catalog_id")
        return rows.select_related("catalog", "removed_in")

    def present(self, rows: list[Any]) -> list[Any]:
        return with_notices(super().present(rows), on=self.today, known_at=self.as_of)

    def version(self, instance: Subcontractor) -> int:
        """The announcements are shown too."""
        records = SubcontractorNotice.history.filter(third_party_id=instance.third_party.pk)
        if self.as_of is not None:
            records = records.filter(history_date__lte=self.as_of)
        last = records.aggregate(last=Max("history_id"))["last"] or 0
        return max(last_record(instance.third_party), last)

    def version_suffix(self, instance: Subcontractor) -> str:
        """Days pass: what was announced comes into effect."""
        return str(self.today)

    @action(detail=True, methods=["post"])
    def announce(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record what the processor announced of one of its agents. For operators."""
        party: ThirdParty = self.get_object().third_party
        services.announce(third_party=party, **self.given(), by=self.principal)
        return self.answer(self.get_object(), 201)


class ObjectionSerializer(OutputSerializer):
    """A tenant's objection to what was announced, and what came of it."""

    notice = serializers.CharField(source="notice_id", read_only=True)
    subcontractor = serializers.CharField(source="notice.third_party.code", read_only=True)
    change = serializers.ChoiceField(
        source="notice.change", choices=SubcontractorNotice.Change.choices, read_only=True
    )
    effective_on = serializers.DateField(source="notice.effective_on", read_only=True)
    is_late = serializers.BooleanField(read_only=True, help_text="Raised after the change took effect.")

    class Meta:
        model = Objection
        fields = (
            "id", "notice", "subcontractor", "change", "effective_on", "reason", "raised_at", "raised_by", "is_late",
            "status", "answer", "closed_at", "closed_by",
        )  # fmt: skip


class NewObjectionSerializer(InputSerializer):
    """What is objected to, and why."""

    notice = serializers.RegexField(
        "^[0-9]{1,19}$", help_text="The announcement's id, as catalog/subcontractors/ shows it."
    )
    reason = ReasonField()

    def validate_notice(self, key: str) -> SubcontractorNotice:
        found = SubcontractorNotice.objects.filter(pk=key_of(key)).first()
        if found is None:
            raise serializers.ValidationError("There is no announcement with this id.", "unknown_notice")
        return found


class AnswerSerializer(InputSerializer):
    """What the processor answered."""

    answer = serializers.CharField(max_length=10_000, help_text="What the processor answered.")


class ObjectionFilters(FilterSet):
    status = ChoiceFilter(choices=Objection.Status.choices)
    subcontractor = TextFilter(field_name="notice__third_party__code", help_text="A third party's code.")


class ObjectionsViewSet(TenantViewSet):
    """The tenant's objections to subcontractors of the processor (GDPR Art. 28(2))."""

    model = Objection
    related = ("notice__third_party",)
    permissions_needed = {
        "list": Permission.VIEW_SHARING,
        "retrieve": Permission.VIEW_SHARING,
        "create": Permission.OBJECT,
        "answer_it": Permission.OBJECT,
        "withdraw": Permission.OBJECT,
    }
    serializer_class = ObjectionSerializer
    input_serializers = {
        "create": NewObjectionSerializer,
        "answer_it": AnswerSerializer,
        "withdraw": ReasonSerializer,
    }
    filterset_class = ObjectionFilters
    ordering = ("-raised_at",)
    ordering_fields = ("raised_at",)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Object to what was announced of a subcontractor; also after it took effect, and then marked late."""
        raised = services.raise_objection(tenant=self.tenant, **self.given(), by=self.principal)
        return self._shown(raised, 201)

    @action(detail=True, methods=["post"], url_path="answer")
    def answer_it(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write down what the processor answered."""
        return self._done(services.answer_objection)

    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take the objection back."""
        return self._done(services.withdraw_objection)

    def _done(self, deed: Callable[..., Objection]) -> Response:
        given = self.given()
        with self.changing(if_match_required=False) as objection:
            return self._shown(deed(objection=objection, **given, by=self.principal))

    def _shown(self, objection: Objection, status: int = 200) -> Response:
        return self.answer(self.present([objection])[0], status)
