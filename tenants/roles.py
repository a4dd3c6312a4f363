"""Who may do what: the one table that admin, API, commands and tests read."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    PRIVACY_OFFICER = "privacy_officer", "Privacy officer"
    TENANT_ADMIN = "tenant_admin", "Tenant admin"
    AUDITOR = "auditor", "Auditor"
    SERVICE = "service", "Service"


class Permission(models.TextChoices):
    """What a role can be allowed. Operators of the platform may all of it, in every tenant."""

    VIEW_CATALOG = "catalog.view", "Read the catalog"
    EDIT_CATALOG = "catalog.edit", "Load and amend the catalog"
    VIEW_TENANT = "tenant.view", "See the tenant"
    MANAGE_TENANT = "tenant.manage", "Create tenants, change their status"
    VIEW_MEMBERS = "member.view", "See the members"
    MANAGE_MEMBERS = "member.manage", "Add, change and remove members"
    VIEW_TOKENS = "token.view", "See the access tokens"
    MANAGE_OWN_TOKENS = "token.manage_own", "Make and revoke access tokens of one's own"
    MANAGE_TOKENS = "token.manage", "Make and revoke every access token"
    VIEW_CONSENTS = "consent.view", "Read the consents"
    REQUEST_CONSENT = "consent.request", "Request a sharing consent"
    GRANT_CONSENT = "consent.grant", "Grant or decline a sharing consent"
    WITHDRAW_CONSENT = "consent.withdraw", "Withdraw a sharing consent"
    VIEW_SHARING = "sharing.view", "See what belongs to the consents: steps, certificates, differences, ends"
    END_SHARING = "consent.end_sharing", "Work off the steps after a withdrawal"
    SET_CONSENT_POLICY = "consent.policy", "Decide how consents are handled"
    ASK_DECISIONS = "decision.ask", "Ask whether data may flow"
    KEEP_CREDENTIALS = "credential.manage", "Enter certificates and tokens and their ends"
    IMPORT_CONSENTS = "consent.import", "Import what the service answers, and resolve differences"
    RESTORE_CONSENTS = "consent.restore", "Bring consents back from their records"
    OBJECT = "subcontractor.object", "Object to a subcontractor of the processor"
    ANNOUNCE = "subcontractor.announce", "Record what the processor announces of its subcontractors"
    VIEW_ELECTIONS = "election.view", "See where data is stored and which optional data is collected"
    PROPOSE_ELECTION = "election.propose", "Propose and withdraw elections"
    APPROVE_ELECTION = "election.approve", "Approve or reject elections"
    SET_ELECTION_POLICY = "election.policy", "Decide how elections are handled"
    VIEW_DIRECTORY = "directory.view", "See the employees and their groups"
    KEEP_DIRECTORY = "directory.manage", "Import and correct the employees and their groups"
    VIEW_SIGN_IN = "sign_in.view", "See how employees sign in"
    SET_SIGN_IN = "sign_in.manage", "Decide how employees sign in"
    VIEW_TERMS = "terms.view", "Read the terms and who accepted them"
    DRAFT_TERMS = "terms.draft", "Draft terms and decide whom they are for"
    PUBLISH_TERMS = "terms.publish", "Publish and retire terms"
    CHASE_TERMS = "terms.chase", "Remind employees, import acceptances"
    VIEW_RESIDENCY = "residency.view", "See where data is stored and processed, and the differences"
    OBSERVE_LOCATIONS = (
        "residency.observe",
        "Record where the provider stores the data, and resolve differences",
    )
    VIEW_WORKLIST = "worklist.view", "See what waits for somebody"
    MANAGE_WORK = "work.manage", "Run and pause scheduled work"
    VIEW_MESSAGES = "message.view", "See the e-mails and whether they were sent"
    SEND_MESSAGES = "message.send", "Try again to send an e-mail"
    VIEW_EVENTS = "event.view", "Read the audit trail"
    EXPORT = "export", "Take registers and evidence away as files"


_OFFICER, _ADMIN, _AUDITOR, _SERVICE = Role
_READERS = frozenset({_OFFICER, _ADMIN, _AUDITOR})
_DECIDERS = frozenset({_OFFICER, _ADMIN})

ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.VIEW_CATALOG: frozenset(Role),
    Permission.EDIT_CATALOG: frozenset(),
    Permission.VIEW_TENANT: frozenset(Role),
    Permission.MANAGE_TENANT: frozenset(),
    Permission.VIEW_MEMBERS: _READERS,
    Permission.MANAGE_MEMBERS: frozenset({_ADMIN}),
    Permission.VIEW_TOKENS: _READERS,
    Permission.MANAGE_OWN_TOKENS: _DECIDERS,
    Permission.MANAGE_TOKENS: frozenset({_ADMIN}),
    Permission.VIEW_CONSENTS: frozenset(Role),
    Permission.REQUEST_CONSENT: _DECIDERS,
    Permission.GRANT_CONSENT: _DECIDERS,
    Permission.WITHDRAW_CONSENT: _DECIDERS,
    Permission.VIEW_SHARING: _READERS,
    Permission.END_SHARING: _DECIDERS,
    Permission.SET_CONSENT_POLICY: frozenset({_OFFICER}),
    Permission.ASK_DECISIONS: frozenset(Role),
    Permission.KEEP_CREDENTIALS: _DECIDERS,
    Permission.IMPORT_CONSENTS: _DECIDERS,
    Permission.RESTORE_CONSENTS: frozenset(),
    Permission.OBJECT: frozenset({_OFFICER}),
    Permission.ANNOUNCE: frozenset(),
    Permission.VIEW_ELECTIONS: _READERS,
    Permission.PROPOSE_ELECTION: _DECIDERS,
    Permission.APPROVE_ELECTION: _DECIDERS,
    Permission.SET_ELECTION_POLICY: frozenset({_OFFICER}),
    Permission.VIEW_DIRECTORY: _READERS,
    Permission.KEEP_DIRECTORY: _DECIDERS,
    Permission.VIEW_SIGN_IN: _READERS,
    Permission.SET_SIGN_IN: frozenset({_ADMIN}),
    Permission.VIEW_TERMS: _READERS,
    Permission.DRAFT_TERMS: _DECIDERS,
    Permission.PUBLISH_TERMS: frozenset({_OFFICER}),
    Permission.CHASE_TERMS: _DECIDERS,
    Permission.VIEW_RESIDENCY: _READERS,
    Permission.OBSERVE_LOCATIONS: _DECIDERS,
    Permission.VIEW_WORKLIST: _READERS,
    Permission.MANAGE_WORK: frozenset(),
    Permission.VIEW_MESSAGES: _DECIDERS,
    Permission.SEND_MESSAGES: _DECIDERS,
    Permission.VIEW_EVENTS: _READERS,
    Permission.EXPORT: _READERS,
}


def is_allowed(role: str | None, permission: Permission) -> bool:
    """Whether the table gives `role` this permission; no role has none."""
    return role in ALLOWED[permission]
