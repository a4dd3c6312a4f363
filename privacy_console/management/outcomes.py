"""How the set-up tells what it made."""

from __future__ import annotations

from typing import Any

from privacy_console.demo import Outcome


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    return {"made": outcome.made, "passwords": outcome.passwords}


def outcome_text(outcome: Outcome) -> str:
    """What was made, line by line, and the passwords that are shown this once."""
    lines = [f"Made {what}." for what in outcome.made]
    lines += [f"Password of {who}: {password}" for who, password in outcome.passwords.items()]
    if outcome.passwords:
        lines.append("Passwords are shown this once. To change one: ./console manage changepassword USERNAME")
    return "\n".join(lines) or "Nothing to do: the operator and the demo tenants are there."
