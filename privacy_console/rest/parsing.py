"""JSON as it comes in: UTF-8, each name once, not too deep; anything else is a readable 400."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from privacy_console.strict_json import strict_json


class ConsoleJSONParser(BaseParser):
    """largest: how many bytes a body has at most; None for what the settings say."""

    media_type = "application/json"
    largest: ClassVar[int | None] = None

    def parse(
        self, stream: Any, media_type: str | None = None, context: Mapping[str, Any] | None = None
    ) -> Any:
        """The decoded body. Raises ParseError for what is not one JSON document, RequestDataTooBig beyond the limit."""
        try:
            text = _read(stream, self.largest or settings.DATA_UPLOAD_MAX_MEMORY_SIZE).decode("utf-8")
            return strict_json(text)
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}") from None


def _read(stream: Any, limit: int) -> bytes:
    content: bytes = stream.read(limit + 1)
    if len(content) > limit:
        raise RequestDataTooBig
    return content
