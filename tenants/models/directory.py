"""The employees and groups of a tenant, as its directory knows them. Employees are no members: they use the portal."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from audit.guards import Guard, Kept
from tenants.models.owned import TenantOwned, TenantRecords


class Employee(TenantOwned):
    """A person whose device is managed. Whoever leaves stays in the record, as left.

    The trail names them by their directory id, which says nothing to whoever may not see the directory.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        LEFT = "left", "Left"

    directory_id = models.CharField(
        max_length=64, help_text="The user's id in the directory (Microsoft Graph `id`)."
    )
    user_principal_name = models.CharField("user name", max_length=254)
    display_name = models.CharField(max_length=256, blank=True)
    mail = models.EmailField("e-mail address", max_length=254, blank=True)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47, for example de-DE.")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    first_seen_at = models.DateTimeField(default=timezone.now, editable=False)
    left_at = models.DateTimeField(null=True, blank=True, editable=False)
    groups: models.ManyToManyField[Group, GroupMember] = models.ManyToManyField(
        "Group", through="GroupMember", related_name="employees"
    )

    history = TenantRecords(category="directory", label="directory_id")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="employee_is_kept", message="Whoever leaves stays in the record, as left."),
    )

    class Meta:
        ordering = ("user_principal_name", "id")
        indexes = (
            models.Index("tenant", Lower("user_principal_name"), name="employee_by_user_name"),
            models.Index(fields=("tenant", "user_principal_name", "id"), name="employee_in_order"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "directory_id"),
                name="employee_is_known_once",
                violation_error_message="The directory knows this id already.",
            ),
            models.CheckConstraint(
                condition=Q(status="active", left_at__isnull=True) | Q(status="left", left_at__isnull=False),
                name="left_employee_has_a_date",
                violation_error_message="Whoever left, left at some time.",
            ),
        )

    def __str__(self) -> str:
        return self.display_name or self.user_principal_name

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def address(self) -> str:
        """Where e-mail reaches them: the mailbox, else the user name; empty where neither can be written to."""
        address: str = self.mail or self.user_principal_name
        try:
            validate_email(address)
        except ValidationError:
            return ""
        return address


class Group(TenantOwned):
    """A group of the directory that terms can be assigned to."""

    directory_id = models.CharField(max_length=64, help_text="The group's id in the directory.")
    name = models.CharField(max_length=256)

    history = TenantRecords(category="directory", label="name")

    guards: ClassVar[tuple[Guard, ...]] = (
        Kept(name="group_is_kept", message="A group is emptied, not deleted."),
    )

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "directory_id"),
                name="group_is_known_once",
                violation_error_message="The directory knows this id already.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class GroupMember(TenantOwned):
    """An employee's place in a group."""

    group = models.ForeignKey(Group, models.PROTECT, related_name="memberships")
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="group_memberships")

    history = TenantRecords(category="directory", part=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("group", "employee"), name="employee_is_in_a_group_once"),
        )

    def __str__(self) -> str:
        return f"{self.employee} in {self.group}"
