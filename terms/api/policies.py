"""Terms policies of a tenant: made, changed, assigned, retired; and how far they have come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.keys import key_of
from privacy_console.rest.concurrency import last_record
from privacy_console.rest.filters import FilterSet, FlagFilter, TextFilter
from privacy_console.rest.problems import BadQuery
from privacy_console.rest.serializers import ReasonSerializer
from privacy_console.rest.viewsets import Parameter
from tenants.api.viewsets import AS_OF, TenantViewSet
from tenants.models import Employee, Group
from tenants.roles import Permission
from terms import progress, services
from terms.api.base import PolicyPartViewSet, last_record_of, rows_as_known
from terms.api.serializers.policies import (
    AssignSerializer,
    NewTermsSerializer,
    TermsChangeSerializer,
    TermsSerializer,
)
from terms.api.serializers.standing import (
    CourseSerializer,
    OutstandingSerializer,
    ProgressSerializer,
    RemindedSerializer,
    RemindSerializer,
)
from terms.chasing import debts_of
from terms.course import Step, course_of
from terms.models import TermsPolicy, TermsTarget, TermsVersion
from terms.models.version import Publication
from terms.standing import in_force, version_asked

GROUP = Parameter("group", "Of this group alone; its id.", {"type": "string", "pattern": "^[0-9]{1,19}$"})


STEP = Parameter(
    "step",
    "How far the points lie apart; the shortest that gives no more than some sixty, where not given.",
    {"type": "string", "enum": Step.values},
)
OF_PROGRESS = {"progress": (AS_OF, GROUP), "progress_over_time": (AS_OF, GROUP, STEP)}


class TermsFilters(FilterSet):
    retired = FlagFilter(method="by_retired", help_text="Only those that are retired, or the others.")
    search = TextFilter(field_name="name", lookup_expr="icontains", help_text="A part of the name.")

    def by_retired(self, policies: Any, name: str, value: str) -> Any:
        return policies.filter(retired_at__isnull=value == "false")


class TermsViewSet(TenantViewSet):
    """The terms that the tenant publishes for its employees."""

    model = TermsPolicy
    permissions_needed = {
        "list": Permission.VIEW_TERMS,
        "retrieve": Permission.VIEW_TERMS,
        "create": Permission.DRAFT_TERMS,
        "partial_update": Permission.DRAFT_TERMS,
        "assign": Permission.DRAFT_TERMS,
        "retire": Permission.PUBLISH_TERMS,
        "remind": Permission.CHASE_TERMS,
        "progress": Permission.VIEW_TERMS,
        "progress_over_time": Permission.VIEW_TERMS,
    }
    serializer_class = TermsSerializer
    input_serializers = {
        "create": NewTermsSerializer,
        "partial_update": TermsChangeSerializer,
        "assign": AssignSerializer,
        "retire": ReasonSerializer,
        "remind": RemindSerializer,
    }
    response_serializers = {
        "progress": ProgressSerializer,
        "progress_over_time": CourseSerializer,
        "remind": RemindedSerializer,
    }
    unversioned = ("progress", "progress_over_time")
    filterset_class = TermsFilters
    ordering = ("name",)
    ordering_fields = ("name",)

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), *OF_PROGRESS.get(str(self.action), ()))

    def present(self, rows: list[Any]) -> list[Any]:
        """With what other tables say: whom it is for, which version is asked for, which one is drafted."""
        policies = super().present(rows)
        keys = [policy.pk for policy in policies]
        targets, versions = self._targets_of(keys), self._versions_of(keys)
        for policy in policies:
            policy.included = targets[policy.pk, False]
            policy.left_out = targets[policy.pk, True]
            asked = in_force(versions[policy.pk], self.at)
            policy.asked_number = asked.number if asked else None
            drafts = (v.number for v in versions[policy.pk] if v.status == Publication.DRAFT)
            policy.draft_number = next(drafts, None)
        return policies

    def _targets_of(self, policies: list[int]) -> dict[tuple[int, bool], list[str]]:
        found: dict[tuple[int, bool], list[str]] = defaultdict(list)
        rows = rows_as_known(TermsTarget, self.tenant, self.as_of).filter(policy__in=policies)
        for target in rows.order_by("group_id"):
            found[target.policy_id, target.excluded].append(str(target.group_id))
        return found

    def _versions_of(self, policies: list[int]) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = defaultdict(list)
        rows = rows_as_known(TermsVersion, self.tenant, self.as_of).filter(policy__in=policies)
        for version in rows.order_by("-number"):
            found[version.policy_id].append(version)
        return found

    def version(self, instance: Any) -> int:
        """Its groups and its versions are shown too."""
        which = {"policy_id": instance.pk}
        parts = (last_record_of(m, self.tenant, self.as_of, **which) for m in (TermsTarget, TermsVersion))
        return max(last_record(instance), *parts)

    def version_suffix(self, instance: Any) -> str:
        """A version begins and ends by itself."""
        return str(instance.asked_number or "-")

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a policy without words, for everybody until it is assigned to groups."""
        return self._shown(services.create_policy(tenant=self.tenant, **self.given(), by=self.principal), 201)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change how a policy is handled. Giving up the four eyes takes whoever may publish."""
        given = self.given()
        with self.changing() as policy:
            return self._shown(services.change_policy(policy=policy, **given, by=self.principal))

    @action(detail=True, methods=["post"])
    def assign(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say anew whom the policy is for. Being in an excluded group wins."""
        given = self.given()
        with self.changing(if_match_required=False) as policy:
            for name in ("groups", "excluded"):
                given[name] = self._groups(name, given[name])
            return self._shown(services.assign_policy(policy=policy, **given, by=self.principal))

    def _groups(self, name: str, keys: list[str]) -> list[Group]:
        """The tenant's groups with these ids. Raises ValidationError."""
        wanted = {key_of(key) for key in keys}
        found = list(Group.objects.for_tenant(self.tenant).filter(pk__in=wanted))
        if len(found) < len(wanted):
            raise ValidationError({name: ValidationError("There is no such group.", code="unknown_group")})
        return found

    @action(detail=True, methods=["post"])
    def retire(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask nobody any more. It cannot be taken back; every text and acceptance stays."""
        given = self.given()
        with self.changing(if_match_required=False) as policy:
            return self._shown(services.retire_policy(policy=policy, **given, by=self.principal))

    @action(detail=True, methods=["post"])
    def remind(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remind now, by e-mail, whoever owes a decision. Whoever was reminded within a day is not again."""
        given = self.given()
        with self.changing(if_match_required=False) as policy:
            if "employees" in given:
                given["employees"] = self._employees(given["employees"])
            told = services.remind(policy=policy, **given, by=self.principal)
            return self.answer(self.present([policy])[0], **asdict(told))

    def _employees(self, keys: list[str]) -> list[int]:
        """The keys of the tenant's employees with these ids. Raises ValidationError."""
        wanted = {key_of(key) for key in keys}
        known = Employee.objects.for_tenant(self.tenant).filter(pk__in=wanted)
        if known.count() < len(wanted):
            raise ValidationError(
                {"employees": ValidationError("There is no such employee.", code="unknown_employee")}
            )
        return list(wanted)

    def _shown(self, policy: TermsPolicy, status: int = 200) -> Response:
        return self.answer(self.present([policy])[0], status)

    @action(detail=True)
    def progress(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How many employees stand where, now or at an instant, of all or of one group."""
        policy, group = self.get_object(), self._group_asked()
        version = version_asked(policy, self.at)
        numbers = progress.progress(policy, self.as_of, group)
        answer = {
            "at": self.at,
            "version": version.number if version else None,
            **asdict(numbers),
            "percent": numbers.percent,
        }
        return Response(ProgressSerializer(answer).data)

    @action(detail=True, url_path="progress-over-time")
    def progress_over_time(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Where those whom it is for stood at the end of each day, week or month, until now or an instant."""
        policy, group = self.get_object(), self._group_asked()
        course = course_of(policy, self.as_of, group, self._step_asked())
        return Response(CourseSerializer(course).data)

    def _step_asked(self) -> Step | None:
        asked = self.request.query_params.get(STEP.name)
        if asked is not None and asked not in Step.values:
            raise BadQuery({STEP.name: ("unknown", f"Give one of: {', '.join(Step.values)}.")})
        return Step(asked) if asked else None

    def _group_asked(self) -> Group | None:
        key = self.request.query_params.get("group")
        if key is None:
            return None
        groups = Group.objects.for_tenant(self.tenant)
        group: Group | None = groups.filter(pk=key_of(key)).first()
        if group is None:
            raise BadQuery({"group": ("unknown_group", "There is no group with this id.")})
        return group


class OutstandingFilters(FilterSet):
    search = TextFilter(
        field_name="user_principal_name", lookup_expr="icontains", help_text="A part of the user name."
    )


class OutstandingViewSet(PolicyPartViewSet):
    """The employees who owe the policy a decision, or declined it. The directory is that of now."""

    model = Employee
    permissions_needed = {"list": Permission.VIEW_TERMS}
    serializer_class = OutstandingSerializer
    filterset_class = OutstandingFilters
    ordering = ("user_principal_name",)
    ordering_fields = ("user_principal_name", "display_name")

    def get_queryset(self) -> Any:
        return progress.outstanding(self.policy, self.as_of)

    def present(self, rows: list[Any]) -> list[Any]:
        """With what each owes since when, and how often they were reminded."""
        people = super().present(rows)
        for employee, debt in zip(people, debts_of(self.policy, people, self.as_of), strict=True):
            employee.debt = debt
        return people
