"""What the codes of the vocabularies are called (ISO/IEC 19944-1:2020, W3C Data Privacy Vocabulary 2.0)."""

from __future__ import annotations

import json
from functools import cache

from catalog.kinds import FOLDER


@cache
def _labels(vocabulary: str, part: str) -> dict[str, str]:
    content = json.loads((FOLDER / "reference" / f"{vocabulary}.json").read_text(encoding="utf-8"))
    return {concept["code"]: concept["label"] for concept in content[part]}


def iso19944_label(code: str) -> str:
    """The data category's name; the code itself where the vocabulary does not have it."""
    return _labels("iso19944", "categories").get(code, code)


def dpv_label(code: str) -> str:
    """The concept's name with its code, for example `Authenticating (pd:Authenticating)`."""
    label = _labels("dpv", "personal_data").get(code)
    return f"{label} ({code})" if label else code
