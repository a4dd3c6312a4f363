"""Every error of the API is a problem document (RFC 9457)."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from privacy_console.errors import Refused
from privacy_console.outage import is_outage

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_WHOLE_BODY = {NON_FIELD_ERRORS, "non_field_errors"}


class Problem(exceptions.APIException):
    """An error with a status, a code for machines and a sentence for people."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail, code)
        self.status_code, self.problem_code = status, code


class BadQuery(exceptions.APIException):
    """Query parameters that are unknown, malformed or out of range. errors: parameter -> (code, sentence)."""

    status_code = 400

    def __init__(self, errors: Mapping[str, tuple[str, str]]) -> None:
        super().__init__("The query has parameters that cannot be used.", "invalid_query")
        self.errors = [
            {"pointer": f"?{name}", "code": code, "detail": detail} for name, (code, detail) in errors.items()
        ]


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: list[dict[str, str]] | None = None,
    instance: str = "",
) -> dict[str, Any]:
    """The members of a problem document; `code` and `errors` are extensions, there only where they say something."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": printable(detail),
    }
    extras = {"instance": instance, "code": code, "errors": errors}
    return body | {name: value for name, value in extras.items() if value}


def printable(text: str) -> str:
    """Text that any encoding can carry: lone surrogates of a JSON body must not break the answer about it."""
    return text.encode("utf-8", "replace").decode("utf-8")


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer any exception of a view with a problem document. An outage is left to the outage middleware."""
    if is_outage(error):
        return None
    request = context.get("request")
    headers = _headers(error)
    status, detail, extras = _described(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _tell_of(error, request)
    set_rollback()
    correlation = getattr(request, "correlation_id", None)
    body = problem(status, detail, instance=f"urn:uuid:{correlation}" if correlation else "", **extras)
    return Response(body, status, headers=headers, content_type=MEDIA_TYPE)


def _headers(error: Exception) -> dict[str, str]:
    header = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": header} if header else {}


def _described(error: Exception) -> tuple[int, str, dict[str, Any]]:
    """Status, sentence and extension members of an exception."""
    if isinstance(error, exceptions.ValidationError):
        return (
            400,
            "The body has mistakes; see errors.",
            {"errors": list(_field_errors(error.get_full_details()))},
        )
    if isinstance(error, ModelValidationError):
        return 400, "The body has mistakes; see errors.", {"errors": _model_errors(error)}
    if isinstance(error, BadQuery):
        return 400, str(error.detail), {"code": "invalid_query", "errors": error.errors}
    if isinstance(error, Problem):
        return error.status_code, str(error.detail), {"code": error.problem_code}
    if isinstance(error, Refused):
        return 409, error.detail, {"code": error.code}
    return _described_by_framework(error)


def _described_by_framework(error: Exception) -> tuple[int, str, dict[str, Any]]:
    if isinstance(error, Http404):
        return 404, "There is nothing here that you can see.", {}
    if isinstance(error, PermissionDenied):
        return 403, str(error) or "Your role does not allow this.", {}
    if isinstance(error, RequestDataTooBig):
        return 413, "The body is too large.", {}
    if isinstance(error, exceptions.NotFound):
        return 404, "There is nothing here that you can see.", {}
    if isinstance(error, exceptions.APIException):
        return error.status_code, str(error.detail), {}
    return 500, "Something went wrong here; it was written to the log under the id of this request.", {}


def _tell_of(error: Exception, request: Any) -> None:
    """An unforeseen error is answered like any other, and still reaches the log and whoever listens for it."""
    logger.error("Unforeseen error", exc_info=error)
    http_request = getattr(request, "_request", request)
    if sys.exc_info()[1] is not None:
        got_request_exception.send(sender=None, request=http_request)


def _field_errors(details: Any, pointer: str = "#") -> Iterator[dict[str, str]]:
    """Flatten the framework's nested details; the pointer is a JSON pointer into the body."""
    if isinstance(details, Mapping) and "message" not in details:
        for name, inner in details.items():
            yield from _field_errors(
                inner, pointer if name in _WHOLE_BODY else f"{pointer}/{_token(str(name))}"
            )
    elif isinstance(details, list):
        for number, inner in enumerate(details):
            is_error = isinstance(inner, Mapping) and "message" in inner
            yield from _field_errors(inner, pointer if is_error else f"{pointer}/{number}")
    elif details:
        yield {"pointer": pointer, "code": str(details["code"]), "detail": printable(str(details["message"]))}


def _model_errors(error: ModelValidationError) -> list[dict[str, str]]:
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    return [
        {
            "pointer": "#" if name in _WHOLE_BODY else f"#/{_token(name)}",
            "code": one.code or "invalid",
            "detail": printable(" ".join(one.messages)),
        }
        for name, errors in by_field.items()
        for one in errors
    ]


def _token(name: str) -> str:
    return printable(name).replace("~", "~0").replace("/", "~1")


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """The answer for addresses of the API that do not exist, whatever the method."""
    body = problem(404, "There is no such address. Addresses of the API end with a slash; see /api/docs/.")
    return HttpResponse(JSONRenderer().render(body), status=404, content_type=MEDIA_TYPE)
