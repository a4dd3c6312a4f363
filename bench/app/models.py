"""One table, as wide as a consent, five times: unaudited, audited by the console, and by each peer."""

from __future__ import annotations

from auditlog.registry import auditlog
from django.db import connection, models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from audit.history import AuditedRecords

EXEMPT = "It is there to be measured."


class Measured(models.Model):
    """Ten columns and the key: numbers, short and long texts, times, as the console's own tables have them."""

    tenant_id = models.BigIntegerField(db_index=True)
    service_id = models.BigIntegerField(db_index=True)
    connection = models.CharField(max_length=100)
    status = models.CharField(max_length=16)
    contract_reference = models.CharField(max_length=200, blank=True)
    terms_url = models.CharField(max_length=500, blank=True)
    justification = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.CharField(max_length=254)
    granted_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Plain(Measured):
    audit_exempt = EXEMPT


class PlainAcceptance(models.Model):
    """The columns of an acceptance, and nothing else: no keys to other tables, no index, no record."""

    audit_exempt = EXEMPT

    tenant_id = models.BigIntegerField()
    receipt_id = models.UUIDField()
    employee_id = models.BigIntegerField()
    policy_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    revision_id = models.BigIntegerField(null=True)
    text_id = models.BigIntegerField(null=True)
    directory_id = models.CharField(max_length=64)
    user_principal_name = models.CharField(max_length=254)
    display_name = models.CharField(max_length=256)
    language = models.CharField(max_length=16)
    text_sha256 = models.CharField(max_length=64)
    round = models.PositiveIntegerField()
    shown_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField()
    decision = models.CharField(max_length=12)
    valid_until = models.DateTimeField(null=True)
    button = models.CharField(max_length=100)
    surface = models.CharField(max_length=16)
    trigger = models.CharField(max_length=12)
    device = models.CharField(max_length=200)
    session = models.CharField(max_length=64)
    network = models.CharField(max_length=49)
    supersedes_id = models.BigIntegerField(null=True)
    source_id = models.BigIntegerField(null=True)
    imported_from = models.CharField(max_length=254)
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)


class Console(Measured):
    history = AuditedRecords(category="bench", label="connection", tenant="tenant_id")


class SimpleHistory(Measured):
    audit_exempt = EXEMPT
    # The accounts' table is made later than this one.
    history = HistoricalRecords(user_db_constraint=False)


class AuditLog(Measured):
    audit_exempt = EXEMPT


auditlog.register(AuditLog)

if connection.vendor == "postgresql":
    import pghistory

    @pghistory.track()
    class PgHistory(Measured):
        audit_exempt = EXEMPT
