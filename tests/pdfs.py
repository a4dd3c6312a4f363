"""Reading a PDF that the console made: what it shows, and what it says of itself."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.generic import ContentStream

CODE_LENGTH = 2
"""Bytes of a glyph's code in a font that is set by its glyphs (Identity-H)."""


def catalog_of(pdf: bytes) -> Any:
    """What the file says of itself: its root, from which all else is reached."""
    return _opened(pdf).root_object


def _opened(pdf: bytes) -> PdfReader:
    """strict: whatever is not as the standard has it is an error."""
    return PdfReader(io.BytesIO(pdf), strict=True)


def shown(pdf: bytes) -> str:
    """What its pages show, in the order of drawing; line ends that were only allowed are dropped.

    Each glyph is read by the table of its font, as a screen reader does it. Lines follow one another without a break:
    a word can be in pieces, and a line ends with the blank it was broken at.
    """
    return "".join(piece for page in _opened(pdf).pages for piece in _pieces(page)).replace("\u200b", "")


def _pieces(page: PageObject) -> Iterator[str]:
    resources: Any = page["/Resources"]
    tables = {name: _letters(font.get_object()) for name, font in resources["/Font"].items()}
    table: dict[bytes, str] = {}
    for operands, operator in ContentStream(page["/Contents"], page.pdf, "bytes").operations:
        if operator == b"Tf":
            table = tables[operands[0]]
        elif operator == b"Tj":
            yield _read(operands[0], table)
        elif operator == b"TJ":
            yield from (_read(part, table) for part in operands[0] if isinstance(part, bytes))


def _read(codes: bytes, table: dict[bytes, str]) -> str:
    return "".join(table[codes[at : at + CODE_LENGTH]] for at in range(0, len(codes), CODE_LENGTH))


def _letters(font: Any) -> dict[bytes, str]:
    """What each code of a font stands for: one letter, or several where they are written as one sign."""
    source = font["/ToUnicode"].get_data().decode("ascii")
    pairs = re.findall(r"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>\n", source)
    return {bytes.fromhex(code): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}
