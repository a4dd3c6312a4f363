"""The words of AuthZEN, and those that the console understands."""

from __future__ import annotations

ENTITIES = ("subject", "action", "resource", "context")
SHARING = ("share", "send", "transfer", "disclose")
SENDERS = ("system", "service", "application")
EXECUTE_ALL, FIRST_DENY, FIRST_PERMIT = "execute_all", "deny_on_first_deny", "permit_on_first_permit"
SEMANTICS = (EXECUTE_ALL, FIRST_DENY, FIRST_PERMIT)
