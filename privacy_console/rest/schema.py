"""The OpenAPI 3.1 description, made from the same facts that the viewsets answer by."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from privacy_console.rest.problems import MEDIA_TYPE

_SLUG = {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,50}$"}
PATH_SCHEMAS: dict[str, dict[str, Any]] = {
    "tenant": _SLUG,
    "slug": _SLUG,
    "id": {"type": "string", "pattern": "^[0-9]{1,19}$"},
    "terms": {"type": "string", "pattern": "^[0-9]{1,19}$"},
    "number": {"type": "string", "pattern": "^[0-9]{1,9}$"},
    "code": {"type": "string", "pattern": "^[-A-Za-z0-9_.:]{1,200}$"},
}
DESCRIPTIONS = {
    304: "Not modified: the representation that If-None-Match names is still right.",
    400: "The address or the body has mistakes; see errors.",
    401: "No token, or one that opens nothing.",
    403: "The role does not allow it.",
    404: "It does not exist for you.",
    406: "Only JSON is served here.",
    409: "The state of things does not allow it; see code.",
    412: "If-Match names another version than the one there is.",
    413: "The body is too large.",
    415: "Only JSON is understood here.",
    422: "The Idempotency-Key was used for another request.",
    428: "If-Match is required.",
    503: "The database cannot be used at the moment; nothing was changed.",
}
IF_MATCH = "The ETag of the object as you read it; 412 where it is stale."
IF_NONE_MATCH = "The ETag that you have; 304 where it is still right."
IDEMPOTENCY_KEY = (
    "Repeating the request with the same key and body does nothing and gives the first answer again."
)


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One mistake and where it is."""

    pointer = serializers.CharField(
        help_text="JSON pointer into the body (#/name), or the query parameter (?name)."
    )
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField(
        required=False, help_text="The request's id in the audit trail, as a URN."
    )
    code = serializers.CharField(
        required=False, help_text="For machines, where a status can mean several things."
    )
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class ConsoleSchema(AutoSchema):
    """Reads a viewset's facts: what it needs, takes and answers."""

    method_mapping = {
        "get": "retrieve", "post": "create", "put": "update", "patch": "update", "delete": "delete"
    }  # fmt: skip

    @property
    def _action(self) -> str:
        return str(getattr(self.view, "action", None) or self.method.lower())

    @property
    def _is_detail(self) -> bool:
        return bool(getattr(self.view, "detail", False))

    @property
    def _has_etag(self) -> bool:
        without = (*getattr(self.view, "unversioned", ()), *getattr(self.view, "files", ()))
        return not self._is_list_view() and self._action not in without

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self._action in (*getattr(self.view, "lists", ()), *getattr(self.view, "plain_lists", ()))

    def get_tags(self) -> list[str]:
        parts = [part for part in self._tokenize_path() if part != "v1"]
        return [parts[1] if parts[:1] == ["tenants"] and len(parts) > 1 else parts[0]] if parts else ["root"]

    def get_filter_backends(self) -> list[Any]:
        return (
            list(getattr(self.view, "filter_backends", ()))
            if self._action in getattr(self.view, "lists", ())
            else []
        )

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [{"name": v, "in": "path", "required": True, "schema": PATH_SCHEMAS[v]} for v in variables]

    def get_override_parameters(self) -> list[Any]:
        declared: Any = getattr(self.view, "query_parameters", tuple)()
        parameters = [_query(one) for one in declared]
        if self.method == "GET" and self._has_etag:
            parameters.append(_header("If-None-Match", IF_NONE_MATCH))
        if self.method in ("PUT", "PATCH", "DELETE"):
            parameters.append(_header("If-Match", IF_MATCH, required=True))
        if self.method == "POST":
            parameters += self._post_headers()
        if self._has_etag and self.method != "DELETE":
            parameters.append(_etag([200, 201, 304]))
        if self._action in getattr(self.view, "files", ()):
            parameters.append(_disposition())
        return parameters

    def _post_headers(self) -> list[Any]:
        key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        headers = [_header("Idempotency-Key", IDEMPOTENCY_KEY, key)]
        return [*headers, _header("If-Match", IF_MATCH)] if self._is_detail else headers

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "input_serializers", {}).get(self._action)

    def get_response_serializers(self) -> Any:
        shown = getattr(self.view, "response_serializers", {}).get(
            self._action, getattr(self.view, "serializer_class", None)
        )
        files = getattr(self.view, "files", {}).get(self._action, ())
        responses: dict[Any, Any] = {(200, one.partition(";")[0]): _file(one) for one in files}
        if not files:
            responses[self._success()] = None if self.method == "DELETE" else shown
        for status in getattr(self.view, "also_answers", {}).get(self._action, ()):
            responses[status] = shown
        if self.method == "GET" and self._has_etag:
            responses[304] = OpenApiResponse(None, DESCRIPTIONS[304])
        for status in self._problems():
            responses[(status, MEDIA_TYPE)] = OpenApiResponse(ProblemSerializer, DESCRIPTIONS[status])
        return responses

    def _success(self) -> int:
        return {"create": 201, "destroy": 204}.get(self._action, 200)

    def _problems(self) -> list[int]:
        found = {400, 401, 403, 404, 406, 503}
        if self._action in getattr(self.view, "files", ()):
            found = found - {406} | {409}
        if self.method != "GET":
            found |= {409}
        if self.method in ("POST", "PATCH", "PUT"):
            found |= {413, 415}
        if self.method == "POST":
            found |= {422} | ({412} if self._is_detail else set())
        if self.method in ("PATCH", "PUT", "DELETE"):
            found |= {412, 428}
        return sorted(found)

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        mapped: Any = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        return {**mapped, "additionalProperties": False} if mapped.get("type") == "object" else mapped


def _query(one: Any) -> OpenApiParameter:
    schema = dict(one.schema)
    return OpenApiParameter(one.name, schema, OpenApiParameter.QUERY, one.required, one.description)


def _header(name: str, description: str, schema: Any = None, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(
        name, schema or {"type": "string"}, OpenApiParameter.HEADER, required, description
    )


def _etag(statuses: list[int]) -> OpenApiParameter:
    description = "Names this version of the object; for If-Match and If-None-Match."
    schema = {"type": "string", "pattern": '^"[^"]+"$'}
    return OpenApiParameter(
        "ETag", schema, OpenApiParameter.HEADER, required=True, description=description, response=statuses
    )


def _disposition() -> OpenApiParameter:
    description = "That it is a file to keep, and what it is called."
    return OpenApiParameter(
        "Content-Disposition",
        {"type": "string"},
        OpenApiParameter.HEADER,
        description=description,
        response=[200],
    )


def _file(media_type: str) -> OpenApiResponse:
    """Files of objects are described as such, others as text or bytes."""
    is_object = any(word in media_type for word in ("json", "yaml"))
    is_text = media_type.startswith("text/")
    content = OpenApiTypes.OBJECT if is_object else OpenApiTypes.STR if is_text else OpenApiTypes.BINARY
    return OpenApiResponse(content, "The file.")


def without_marks(result: Any, **context: Any) -> Any:
    """The finished description without the generator's own marks."""
    if isinstance(result, dict):
        return {key: without_marks(value) for key, value in result.items() if key != "x-spec-enum-id"}
    return [without_marks(value) for value in result] if isinstance(result, list) else result
