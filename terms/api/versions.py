"""The versions of a policy: drafted, written, published, corrected, compared."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.errors import Refused
from privacy_console.rest.concurrency import last_record
from privacy_console.rest.filters import ChoiceFilter, FilterSet
from privacy_console.rest.problems import BadQuery
from privacy_console.rest.serializers import ReasonSerializer
from privacy_console.rest.viewsets import Parameter
from tenants.api.viewsets import AS_OF
from tenants.roles import Permission
from terms import services
from terms.api.base import PolicyPartViewSet, last_record_of, rows_as_known
from terms.api.serializers.versions import (
    DraftSerializer,
    PublishSerializer,
    ReviseSerializer,
    State,
    TermsDifferenceSerializer,
    TextsSerializer,
    VersionSerializer,
)
from terms.differences import difference
from terms.models import TermsRevision, TermsText, TermsVersion
from terms.models.version import Publication

WORDING = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?")
IN_LISTS = ("revision_id", "language", "title", "sha256")
NO_WORDS: dict[str, Any] = {"number": 0, "texts": []}
WHOLE = (*IN_LISTS, "summary", "body", "privacy_statement")
_WORDING_SCHEMA = {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,9})?$"}
COMPARED = (
    Parameter(
        "to",
        "Version, or version.revision, to compare with: 2 or 2.1; else the version before it.",
        _WORDING_SCHEMA,
    ),
    Parameter(
        "revision",
        "Which revision of this one; else its newest.",
        {"type": "string", "pattern": "^[0-9]{1,9}$"},
    ),
    Parameter("language", "Else the policy's default language.", {"type": "string", "minLength": 1}),
)


class VersionFilters(FilterSet):
    status = ChoiceFilter(choices=Publication.choices)


class VersionsViewSet(PolicyPartViewSet):
    """The versions of one policy, the newest first, each with its wordings."""

    model = TermsVersion
    permissions_needed = {
        "list": Permission.VIEW_TERMS,
        "retrieve": Permission.VIEW_TERMS,
        "create": Permission.DRAFT_TERMS,
        "partial_update": Permission.DRAFT_TERMS,
        "publish": Permission.PUBLISH_TERMS,
        "revise": Permission.DRAFT_TERMS,
        "publish_revision": Permission.PUBLISH_TERMS,
        "difference": Permission.VIEW_TERMS,
    }
    serializer_class = VersionSerializer
    input_serializers = {
        "create": DraftSerializer,
        "partial_update": TextsSerializer,
        "publish": PublishSerializer,
        "revise": ReviseSerializer,
        "publish_revision": ReasonSerializer,
    }
    response_serializers = {"difference": TermsDifferenceSerializer}
    unversioned = ("difference",)
    filterset_class = VersionFilters
    ordering = ("-number",)
    ordering_fields = ("number",)
    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,9}"

    def query_parameters(self) -> Iterable[Parameter]:
        return (*super().query_parameters(), *((AS_OF, *COMPARED) if self.action == "difference" else ()))

    # --- As they are shown ---

    def present(self, rows: list[Any]) -> list[Any]:
        """With their revisions and texts, and what each is at the instant."""
        versions = super().present(rows)
        wordings, newest = self._wordings_of([v.pk for v in versions]), self._newest_begun()
        for version in versions:
            version.wordings = wordings[version.pk]
            version.state = self._state(version, newest)
        return versions

    def _wordings_of(self, versions: list[int]) -> dict[int, list[dict[str, Any]]]:
        revisions = rows_as_known(TermsRevision, self.tenant, self.as_of).filter(version__in=versions)
        rows = list(revisions.order_by("-number").values())
        texts = self._texts_of([row["id"] for row in rows])
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            found[row["version_id"]].append(row | {"texts": texts[row["id"]]})
        return found

    def _texts_of(self, revisions: list[int]) -> dict[int, list[dict[str, Any]]]:
        names = IN_LISTS if self.action == "list" else WHOLE
        rows = rows_as_known(TermsText, self.tenant, self.as_of).filter(revision__in=revisions)
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows.order_by("language").values(*names):
            found[row["revision_id"]].append(row)
        return found

    def _newest_begun(self) -> int:
        rows = super().get_queryset().filter(status=Publication.PUBLISHED, effective_from__lte=self.at)
        return rows.order_by("-number").values_list("number", flat=True).first() or 0

    def _state(self, version: TermsVersion, newest: int) -> State:
        if version.status == Publication.DRAFT or version.effective_from is None:
            return State.DRAFT
        if version.effective_from > self.at:
            return State.SCHEDULED
        if version.number < newest:
            return State.SUPERSEDED
        has_expired = version.expires_at is not None and version.expires_at <= self.at
        return State.EXPIRED if has_expired else State.ASKED

    def version(self, instance: Any) -> int:
        """The wordings are shown too."""
        revisions = [wording["id"] for wording in instance.wordings]
        return max(
            last_record(instance),
            last_record_of(TermsRevision, self.tenant, self.as_of, version_id=instance.pk),
            last_record_of(TermsText, self.tenant, self.as_of, revision_id__in=revisions),
        )

    def version_suffix(self, instance: Any) -> str:
        """It begins and ends by itself."""
        return str(instance.state)

    # --- Deeds ---

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Draft the next version: with the words of the one before it, and those given over them."""
        given = self.given()
        revision = services.draft_version(policy=self.policy, by=self.principal)
        self._write(revision, given)
        return self._shown(revision.version, 201)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write in a draft: that of the version, or that of a correction."""
        given = self.given()
        with self.changing() as version:
            self._write(self._draft_of(version), given)
            return self._shown(version)

    @action(detail=True, methods=["post"])
    def publish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Publish the draft: from then on everybody whom the policy is for is asked."""
        given = self.given()
        with self.changing(if_match_required=False) as version:
            return self._shown(services.publish_version(version=version, **given, by=self.principal))

    @action(detail=True, methods=["post"])
    def revise(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Draft a small correction of what is published."""
        given = self.given()
        with self.changing(if_match_required=False) as version:
            revision = services.draft_revision(version=version, note=given["note"], by=self.principal)
            self._write(revision, given)
            return self._shown(version)

    @action(detail=True, methods=["post"], url_path="publish-revision")
    def publish_revision(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Publish the correction: it is shown from then on, and nobody is asked again."""
        given = self.given()
        with self.changing(if_match_required=False) as version:
            services.publish_revision(revision=self._draft_of(version), **given, by=self.principal)
            return self._shown(version)

    def _write(self, revision: TermsRevision, given: dict[str, Any]) -> None:
        """Raises ValidationError, which names the text that is wrong."""
        texts = given.get("texts", ())
        if len({words["language"].lower() for words in texts}) < len(texts):
            raise ValidationError({"texts": "A language is there twice: give each once."})
        for place, words in enumerate(texts):
            try:
                services.write_text(revision=revision, **words, by=self.principal)
            except ValidationError as error:
                raise exceptions.ValidationError({"texts": {str(place): get_error_detail(error)}}) from error

    def _draft_of(self, version: TermsVersion) -> TermsRevision:
        drafts = TermsRevision.objects.for_tenant(self.tenant).filter(version=version.pk)
        found: TermsRevision | None = drafts.filter(status=Publication.DRAFT).first()
        if found is None:
            raise Refused(
                "published", "Nothing of this version is a draft. Revise it, or draft a new version."
            )
        return found

    def _shown(self, version: TermsVersion, status: int = 200) -> Response:
        return self.answer(self.present([version])[0], status)

    # --- Side by side ---

    @action(detail=True)
    def difference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """This wording and another one, the older one before, line beside line; of what is equal only what surrounds
        a change."""
        own = self.get_object()
        language = request.query_params.get("language", self.policy.default_language)
        wording = self._wording(own, request.query_params.get("revision"), "revision")
        other, number = self._asked_for(request.query_params.get("to", str(max(own.number - 1, 1))))
        both = [(own.number, wording), (other.number, self._wording(other, number, "to"))]
        (older, before), (newer, after) = sorted(both, key=lambda each: (each[0], each[1]["number"]))
        answer = {
            "language": language,
            "before": f"{older}.{before['number']}",
            "after": f"{newer}.{after['number']}",
            "parts": difference(_text_in(before, language), _text_in(after, language)),
        }
        return Response(TermsDifferenceSerializer(answer).data)

    def _asked_for(self, text: str) -> tuple[TermsVersion, str | None]:
        match = WORDING.fullmatch(text)
        if match is None:
            raise BadQuery({"to": ("invalid", "Name a version or a revision of one: 2 or 2.1.")})
        found = self.get_queryset().filter(number=int(match[1])).first()
        if found is None:
            raise BadQuery({"to": ("unknown_version", "There is no such version.")})
        version: TermsVersion = self.present([found])[0]
        return version, match[2]

    def _wording(self, version: Any, number: str | None, parameter: str) -> dict[str, Any]:
        """The revision with this number, else the newest, drafts included; empty where none is. Raises BadQuery."""
        wordings: list[dict[str, Any]] = version.wordings
        if number is None and not wordings:
            return NO_WORDS
        found = next((w for w in wordings if number is None or str(w["number"]) == number), None)
        if found is None:
            raise BadQuery({parameter: ("unknown_revision", "There is no such revision.")})
        return found


def _text_in(wording: dict[str, Any], language: str) -> TermsText:
    """The words in that language; empty ones where there are none."""
    found: dict[str, Any] = next((text for text in wording["texts"] if text["language"] == language), {})
    return TermsText(**{name: value for name, value in found.items() if name != "revision_id"})
