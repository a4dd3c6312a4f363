"""The organisation."""

from __future__ import annotations

from datetime import datetime, time

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone

from audit.history import AuditedRecords

models.CharField.register_lookup(Length)

country_code = RegexValidator(r"^[A-Z]{2}\Z", "Use the two capital letters of ISO 3166-1, for example DE.")


class Tenant(models.Model):
    """An organisation whose devices are managed, and that answers for the personal data in it."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        CLOSING = "closing", "Closing"
        CLOSED = "closed", "Closed"

    slug = models.SlugField(
        max_length=50,
        unique=True,
        help_text="Short name in addresses, for example contoso. It cannot change later.",
    )
    name = models.CharField(max_length=200, help_text="The organisation's name, as people know it.")
    directory_id = models.UUIDField(
        unique=True, help_text="The tenant's id in its directory (Microsoft Entra ID), a GUID."
    )
    country = models.CharField(
        max_length=2,
        validators=[country_code],
        help_text="Country of the directory, ISO 3166-1 alpha-2. The storage geography follows it.",
    )
    since = models.DateField(
        null=True,
        blank=True,
        help_text="Since when the tenant exists in its directory. Empty: since it was entered here.",
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    history = AuditedRecords(category="tenants", tenant="id", label="name")

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(country__length=2),
                name="tenant_country_is_two_letters",
                violation_error_message="Use the two letters of ISO 3166-1 for the country, for example DE.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["active", "closing", "closed"]),
                name="tenant_status_is_known",
                violation_error_message="A tenant is active, closing or closed.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def exists_since(self) -> datetime:
        """The first instant from which anything can hold for the tenant."""
        if self.since is None:
            return self.created_at
        return min(self.created_at, timezone.make_aware(datetime.combine(self.since, time.min)))

    @property
    def is_open(self) -> bool:
        """Whether new decisions can be made: a closing tenant can only wind down."""
        return self.status == self.Status.ACTIVE
