"""Answers that are files to be taken away."""

from __future__ import annotations

from typing import IO, Protocol

from django.http import FileResponse, HttpResponse
from rest_framework.renderers import JSONRenderer


class File(Protocol):
    """What there is to send: the bytes, what they are, and what the file is called."""

    @property
    def content(self) -> bytes: ...

    @property
    def media_type(self) -> str: ...

    @property
    def filename(self) -> str: ...


class Pouring(Protocol):
    """The same for what can be long: an open file instead of the bytes."""

    @property
    def body(self) -> IO[bytes]: ...

    @property
    def size(self) -> int: ...

    @property
    def media_type(self) -> str: ...

    @property
    def filename(self) -> str: ...


class FileRenderer(JSONRenderer):
    """Whatever is accepted: the query says which file is answered, and problems are JSON."""

    media_type = "*/*"


def file_response(file: File) -> HttpResponse:
    disposition = f'attachment; filename="{file.filename}"'
    return HttpResponse(
        file.content, content_type=file.media_type, headers={"Content-Disposition": disposition}
    )


def pouring_response(file: Pouring) -> FileResponse:
    """The file, sent in pieces and closed when it is sent."""
    response = FileResponse(
        file.body, as_attachment=True, filename=file.filename, content_type=file.media_type
    )
    response["Content-Length"] = file.size
    return response
