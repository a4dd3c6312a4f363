"""Tenants, the people who act in them with a role, and the access tokens of machines."""

from tenants.models.directory import Employee, Group, GroupMember
from tenants.models.owned import TenantOwned, TenantRecords
from tenants.models.people import Membership, User
from tenants.models.tenant import Tenant
from tenants.models.tokens import AccessToken, IdempotentAnswer

__all__ = [
    "AccessToken",
    "Employee",
    "Group",
    "GroupMember",
    "IdempotentAnswer",
    "Membership",
    "Tenant",
    "TenantOwned",
    "TenantRecords",
    "User",
]
