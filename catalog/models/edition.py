"""A catalog, its editions, and what each of its entries has."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone

from audit.history import AuditedRecords
from catalog.querysets import EntryQuerySet


class Catalog(models.Model):
    """The description of one device-management service."""

    code = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    processor = models.CharField(
        max_length=200, help_text="Who processes the data for the tenants (GDPR Art. 4(8))."
    )
    description = models.TextField(blank=True)

    history = AuditedRecords(category="catalog", label="name")

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name

    @property
    def latest_edition(self) -> Edition | None:
        return self.editions.order_by("-number").first()


class Edition(models.Model):
    """A dated state of a catalog: made by a load or by an amendment, never changed afterwards."""

    catalog = models.ForeignKey(Catalog, models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    released_on = models.DateField(help_text="The date its sources stand for.")
    loaded_at = models.DateTimeField(default=timezone.now)
    sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the loaded file's bytes; empty for amendments."
    )
    note = models.TextField(blank=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    last_event = models.BigIntegerField(
        default=0, help_text="The last audit event of the load: the edition is the state after it."
    )

    history = AuditedRecords(category="catalog", label="note")

    class Meta:
        ordering = ("catalog", "-number")
        get_latest_by = "number"
        constraints = (
            models.UniqueConstraint(
                fields=("catalog", "number"),
                name="edition_number_is_unique",
                violation_error_message="Somebody else loaded this catalog at the same moment. Load it again.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.catalog.code} edition {self.number} ({self.released_on:%Y-%m-%d})"


class Entry(models.Model):
    """What every row of the catalog has: a code that never changes, a source with its date, and its editions."""

    catalog = models.ForeignKey(Catalog, models.PROTECT, related_name="%(class)ss")
    code = models.CharField(max_length=200, help_text="Never changes; scripts and consents refer to it.")
    name = models.CharField(max_length=300)
    note = models.TextField(blank=True)
    inferred = models.BooleanField(
        default=False, help_text="Concluded by the catalog's authors, rather than stated in the source."
    )
    source = models.CharField(max_length=300, blank=True)
    source_date = models.DateField(null=True, blank=True)
    by_hand = models.BooleanField(
        "entered by hand", default=False, help_text="Added by an operator: loading a file never removes it."
    )
    added_in = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    changed_in = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    removed_in = models.ForeignKey(Edition, models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[EntryQuerySet] = EntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True
        ordering = ("catalog", "code")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.UniqueConstraint(
                fields=("catalog", "code"),
                name="%(class)s_code_is_unique",
                violation_error_message="This catalog has an entry with this code already.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_current(self) -> bool:
        return self.removed_in_id is None
