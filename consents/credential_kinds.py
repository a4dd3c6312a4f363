"""Which certificates and tokens there are, how long each lives and can be renewed: facts as data, with sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "reference" / "credentials.json"


@dataclass(frozen=True)
class CredentialKind:
    """service: the code of the service that lives by it. grace_days: how long after its end it can be renewed."""

    service: str
    lifetime_days: int
    grace_days: int
    source: str
    source_date: str


@cache
def credential_kinds() -> Mapping[str, CredentialKind]:
    """By `Credential.Kind`."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    return {kind: CredentialKind(**facts) for kind, facts in found.items()}
