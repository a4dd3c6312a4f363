"""Where employees stood when they were counted, a block of them in a row, and who has to be counted again.

Derived from what has records of its own: it can be counted anew at any time (`terms.tallying`).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from audit.notes import Note
from tenants.models import TenantOwned
from terms.models.policy import TermsPolicy

BLOCK = 100
"""So many keys of employees in a row are a block. A migration that changes it notes that all are to be counted anew."""


class Tally(TenantOwned):
    """Where the employees of a block stood with a policy when they were counted.

    It holds from `counted_at` until `holds_until`, as long as no `Recount` is about it.
    """

    audit_exempt = "Numbers, counted from what has a record of its own; they can be counted anew at any time."

    # Nothing that they refer to is ever deleted. A constraint would have counting wait for deeds, and deeds for it.
    policy = models.ForeignKey(
        TermsPolicy, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    block = models.BigIntegerField()
    counted_at = models.DateTimeField()
    holds_until = models.DateTimeField(null=True)
    asked = models.IntegerField()
    accepted_latest = models.IntegerField()
    accepted_older = models.IntegerField()
    declined = models.IntegerField()
    outstanding = models.IntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("policy", "block"), name="block_is_counted_once"),)

    def __str__(self) -> str:
        return f"block {self.block} of {self.policy_id}"


EVERY = "CAST(NULL AS bigint)"
OF_EVERYBODY = {"tenant_id": "{row}.tenant_id", "policy_id": "{row}.policy_id", "block": EVERY}
OF_A_BLOCK = {"tenant_id": "{row}.tenant_id", "policy_id": EVERY, "block": f"{{row}}.employee_id / {BLOCK}"}


class Recount(TenantOwned):
    """That something has changed by which employees stand where. The database itself notes it, with the change.

    policy: empty for every one of the tenant. block: empty for all employees.
    """

    audit_exempt = (
        "A note that numbers have to be counted again, gone once they are; the change has its record."
    )

    policy = models.ForeignKey(
        TermsPolicy, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    block = models.BigIntegerField(null=True)

    noted_by: ClassVar[tuple[Note, ...]] = (
        Note(of="terms_acceptance", values=OF_A_BLOCK | {"policy_id": "{row}.policy_id"}),
        Note(
            of="tenants_employee",
            values=OF_A_BLOCK | {"block": f"{{row}}.id / {BLOCK}"},
            fields=("status",),
        ),
        Note(
            of="tenants_groupmember",
            values=OF_A_BLOCK,
            fields=("group_id", "employee_id"),
            removed=True,
        ),
        Note(
            of="terms_termspolicy",
            values=OF_EVERYBODY | {"policy_id": "{row}.id"},
            fields=("for_everybody", "retired_at"),
        ),
        Note(
            of="terms_termstarget",
            values=OF_EVERYBODY,
            fields=("policy_id", "group_id", "excluded"),
            removed=True,
        ),
        Note(
            of="terms_termsversion",
            values=OF_EVERYBODY,
            fields=("status",),
            only="{row}.status = 'published'",
        ),
    )

    class Meta:
        indexes = (models.Index(fields=("tenant", "policy", "block"), name="recount_of_block"),)

    def __str__(self) -> str:
        return f"block {self.block} of {self.policy_id}"
