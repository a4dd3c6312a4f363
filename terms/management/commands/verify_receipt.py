from __future__ import annotations

import base64
import binascii
import json
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from audit.signing import public_key
from privacy_console.errors import Refused
from tenants.commands import ConsoleCommand
from terms.receipts import FORMAT, is_genuine

LARGEST = 1024 * 1024
SHOWN = ("receipt_id", "version", "revision", "language", "decision", "decided_at", "text_sha256", "key_id")


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ArgumentTypeError("The key is 32 bytes in base64.") from None


class Command(ConsoleCommand):
    help = (
        "Check a receipt that somebody brings: whether it is, to the last character, what this console signed. It "
        "exits 1 where it is not."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="The receipt, JSON.")
        parser.add_argument(
            "--key", type=_key, metavar="BASE64", help="The public key to check with; else this console's."
        )

    def perform(self, *, file: Path, key: bytes | None, **options: Any) -> None:
        receipt = _read(file)
        if not is_genuine(receipt, by=key):
            raise Refused(
                "not_genuine", f"{file} is not what was signed: it was changed, or signed by another key."
            )
        answer = {name: receipt.get(name) for name in SHOWN}
        answer["public_key"] = base64.b64encode(key or public_key()).decode()
        self.show(
            {"genuine": True, **answer}, f"{file} is genuine, signed by the key {receipt.get('key_id')}."
        )


def _read(file: Path) -> dict[str, Any]:
    """The receipt in the file. Raises Refused, OSError."""
    with file.open("rb") as reader:
        content = reader.read(LARGEST + 1)
    try:
        receipt = json.loads(content) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        receipt = None
    if not isinstance(receipt, dict) or receipt.get("format") != FORMAT:
        raise Refused("no_receipt", f"{file} is no receipt of terms.")
    return receipt
