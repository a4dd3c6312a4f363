"""The admin pages of tenants, members, access tokens, accounts; and of the timeline, which lies below the tenants."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group

from tenants.admin import accounts, members, tenants, timeline, tokens

__all__ = ["accounts", "members", "tenants", "timeline", "tokens"]

# Roles are fixed (tenants/roles.py): Django's groups would promise what nobody reads.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)
