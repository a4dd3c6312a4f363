"""What the addresses share at which a register or report is taken away."""

from __future__ import annotations

from rest_framework.request import Request

from privacy_console.rest.problems import BadQuery
from privacy_console.rest.viewsets import Parameter
from tenants.exports import Format

EXPORT_FORMAT = Parameter(
    "export_format",
    "Which kind of file; JSON, which says everything, where not given.",
    {"type": "string", "enum": Format.values, "default": Format.JSON.value},
)


def asked_format(request: Request) -> str:
    """The format. Raises BadQuery."""
    asked = request.query_params.get(EXPORT_FORMAT.name, Format.JSON)
    if asked not in Format.values:
        raise BadQuery({EXPORT_FORMAT.name: ("unknown", f"Give one of: {', '.join(Format.values)}.")})
    return str(asked)
