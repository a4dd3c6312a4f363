"""The employees and groups of a tenant, as its directory knows them. They come in by import."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Count, Q
from rest_framework import serializers

from privacy_console.keys import key_of
from privacy_console.rest.concurrency import last_record
from privacy_console.rest.filters import ChoiceFilter, FilterSet, TextFilter
from privacy_console.rest.serializers import OutputSerializer
from tenants.api.viewsets import TenantViewSet
from tenants.models import Employee, Group, GroupMember
from tenants.roles import Permission


class EmployeeSerializer(OutputSerializer):
    """A person whose device is managed; whoever left stays."""

    # As text: empty where the directory knows none.
    mail = serializers.CharField(read_only=True)
    groups = serializers.ListField(
        source="group_ids", child=serializers.CharField(), read_only=True, help_text="Ids of groups."
    )

    class Meta:
        model = Employee
        fields = (
            "id", "directory_id", "user_principal_name", "display_name", "mail", "language", "status",
            "first_seen_at", "left_at", "groups",
        )  # fmt: skip


class GroupSerializer(OutputSerializer):
    """A group of the directory."""

    members = serializers.IntegerField(read_only=True, help_text="How many employees are in it.")

    class Meta:
        model = Group
        fields = ("id", "directory_id", "name", "members")


class EmployeeFilters(FilterSet):
    status = ChoiceFilter(choices=Employee.Status.choices)
    group = TextFilter(method="by_group", help_text="A group's id.")
    search = TextFilter(method="by_words", help_text="A part of the user name or the display name.")

    def by_group(self, employees: Any, name: str, value: str) -> Any:
        members = self.view.memberships().filter(group=key_of(value))
        return employees.filter(id__in=members.values("employee"))

    def by_words(self, employees: Any, name: str, value: str) -> Any:
        return employees.filter(Q(user_principal_name__icontains=value) | Q(display_name__icontains=value))


class DirectoryViewSet(TenantViewSet):
    """What employees and groups have in common: memberships, which are shown with both."""

    permissions_needed = {"list": Permission.VIEW_DIRECTORY, "retrieve": Permission.VIEW_DIRECTORY}
    # The column of a membership that leads to what is shown.
    member_field = ""

    def memberships(self) -> Any:
        if self.as_of is None:
            return GroupMember.objects.for_tenant(self.tenant)
        return GroupMember.history.for_tenant(self.tenant).known_at(self.as_of)

    def version(self, instance: Any) -> int:
        """Joining and leaving groups is shown too."""
        records = GroupMember.history.for_tenant(self.tenant).filter(**{self.member_field: instance.pk})
        if self.as_of is not None:
            records = records.filter(history_date__lte=self.as_of)
        last = records.order_by("-history_id").values_list("history_id", flat=True).first()
        return max(last_record(instance), last or 0)


class EmployeesViewSet(DirectoryViewSet):
    """The employees, those who left included."""

    model = Employee
    serializer_class = EmployeeSerializer
    filterset_class = EmployeeFilters
    ordering = ("user_principal_name",)
    ordering_fields = ("user_principal_name", "display_name", "first_seen_at")
    member_field = "employee_id"

    def present(self, rows: list[Any]) -> list[Any]:
        employees = super().present(rows)
        groups = defaultdict(list)
        found = self.memberships().filter(employee__in=[employee.pk for employee in employees])
        for employee, group in found.order_by("group_id").values_list("employee_id", "group_id"):
            groups[employee].append(str(group))
        for employee in employees:
            employee.group_ids = groups[employee.pk]
        return employees


class GroupFilters(FilterSet):
    search = TextFilter(field_name="name", lookup_expr="icontains", help_text="A part of the name.")


class GroupsViewSet(DirectoryViewSet):
    """The groups that terms can be assigned to."""

    model = Group
    serializer_class = GroupSerializer
    filterset_class = GroupFilters
    ordering = ("name",)
    ordering_fields = ("name",)
    member_field = "group_id"

    def present(self, rows: list[Any]) -> list[Any]:
        groups = super().present(rows)
        found = self.memberships().filter(group__in=[group.pk for group in groups])
        counted = dict(
            found.order_by().values("group_id").annotate(n=Count("id")).values_list("group_id", "n")
        )
        for group in groups:
            group.members = counted.get(group.pk, 0)
        return groups
