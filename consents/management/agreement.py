"""What the commands that ask for a consent take of the agreement: contract, terms, legal basis, safeguard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser

from consents.management.base import ConsentCommand
from consents.models import Consent
from tenants.commands import day


def add_terms(parser: CommandParser) -> None:
    """The options that say on what grounds a service is asked for."""
    parser.add_argument("--renews", type=int, metavar="ID", help="The consent that this one is to follow.")
    parser.add_argument(
        "--justification", default="", help="Why the organisation needs it; else the --reason."
    )
    parser.add_argument(
        "--legal-basis", default="", choices=Consent.LegalBasis.values, help="GDPR Art. 6(1)."
    )
    _add_contract(parser)
    _add_texts(parser)
    parser.add_argument(
        "--safeguard",
        default="",
        choices=Consent.Safeguard.values,
        help="What allows the transfer to the third party's country (GDPR Chapter V).",
    )
    parser.add_argument("--safeguard-reference", default="", help="Which decision or clauses, with the date.")


def _add_contract(parser: CommandParser) -> None:
    parser.add_argument(
        "--contract-reference",
        default="",
        help="Your own contract with the third party, which governs the data there.",
    )
    parser.add_argument("--contract-parties", default="", help="Who signed that contract.")
    parser.add_argument("--contract-signed-on", type=day, metavar="DATE")
    parser.add_argument("--contract-ends-on", type=day, metavar="DATE", help="Nothing where it has no end.")


def _add_texts(parser: CommandParser) -> None:
    parser.add_argument("--terms-url", default="", help="Where the third party publishes its terms.")
    parser.add_argument(
        "--terms-file", type=Path, metavar="FILE", help="The terms themselves, UTF-8; kept as they are."
    )


TERMS = (
    "contract_reference", "contract_parties", "contract_signed_on", "contract_ends_on", "legal_basis", "safeguard",
    "safeguard_reference", "terms_url",
)  # fmt: skip


def terms(command: ConsentCommand, options: dict[str, Any]) -> dict[str, Any]:
    """What `request_consent` takes of those options. Raises Refused, OSError, ValidationError."""
    given = {name: options[name] for name in TERMS}
    renews = command.consent(options["renews"]) if options["renews"] is not None else None
    justification = options["justification"] or command.reason
    text = _text_of(options["terms_file"]) if options["terms_file"] else ""
    return given | {"renews": renews, "justification": justification, "terms_text": text}


def _text_of(file: Path) -> str:
    """The file's text, every byte of it: the hash must be that of the file."""
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise ValidationError({"terms_file": f"{file} is no text in UTF-8."}) from None
