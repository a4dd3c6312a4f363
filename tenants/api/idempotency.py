"""Idempotency-Key (IETF httpapi draft): a POST repeated with its key is done once and answered the same.

The key is reserved in a transaction of its own; the deed and its answer are kept in one. So a request that died on
the way left nothing, and its repetition does the work.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from privacy_console.rest.problems import MEDIA_TYPE, Problem
from tenants.models import IdempotentAnswer

if TYPE_CHECKING:
    from tenants.api.viewsets import PrincipalViewSet

KEY = re.compile("[!-~]{1,255}")
# No request runs longer: whoever reserved the key and has not answered by then is dead.
RUNS_AT_MOST = timedelta(minutes=2)
KEPT_HEADERS = ("ETag", "Location")
# About the conditions of this very request, not about the deed: repeating it can be answered differently.
NOT_KEPT = (412, 428)


def answer_once(
    view: PrincipalViewSet, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
) -> Response:
    """Run the handler, or give the answer that its key was given before.

    Raises Problem: 400 for a malformed key, 409 while the first request runs or where its answer held a secret,
    422 where the key was used for something else.
    """
    answer, is_new = _reserve(view, request)
    if not is_new:
        return _repeat(answer)
    try:
        with transaction.atomic():
            response = handler(request, *args, **kwargs)
            _keep(answer, response, with_body=view.action not in view.secret_actions)
    except Exception as error:
        response = _answer_to(view, answer, error)
        if response.status_code < 500 and response.status_code not in NOT_KEPT:
            _keep(answer, response)
        else:
            answer.delete()
    return response


def _answer_to(view: PrincipalViewSet, answer: IdempotentAnswer, error: Exception) -> Response:
    try:
        return view.handle_exception(error)
    except Exception:
        answer.delete()
        raise


def _reserve(view: PrincipalViewSet, request: Request) -> tuple[IdempotentAnswer, bool]:
    now = timezone.now()
    IdempotentAnswer.objects.filter(created_at__lt=now - IdempotentAnswer.LIFETIME).delete()
    principal, key = view.principal.as_actor()["actor_id"], _key(request)
    mine = IdempotentAnswer.objects.filter(principal=principal, key=key)
    mine.filter(status__isnull=True, created_at__lt=now - RUNS_AT_MOST).delete()
    digest = _digest(request)
    try:
        with transaction.atomic():
            tenant = getattr(view, "tenant", None)
            new = IdempotentAnswer(principal=principal, key=key, tenant=tenant, request_sha256=digest)
            new.save(force_insert=True)
    except IntegrityError:
        return _found(mine.get(), digest), False
    return new, True


def _key(request: Request) -> str:
    key = request.headers["Idempotency-Key"]
    if not KEY.fullmatch(key):
        raise Problem(
            400, "invalid_key", "An Idempotency-Key has 1 to 255 printable ASCII characters, no spaces."
        )
    return key


def _digest(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True)
    return hashlib.sha256(f"{request.get_full_path()}\n{body}".encode()).hexdigest()


def _found(answer: IdempotentAnswer, digest: str) -> IdempotentAnswer:
    if answer.request_sha256 != digest:
        raise Problem(422, "key_reused", "This Idempotency-Key was used for another request. Take a new one.")
    if answer.status is None:
        raise Problem(409, "in_progress", "The first request with this key is still running.")
    return answer


def _repeat(answer: IdempotentAnswer) -> Response:
    if not answer.body:
        sentence = "This was done by an earlier request with this key. Its answer held a secret, which is shown once."
        raise Problem(409, "already_done", sentence)
    media_type = MEDIA_TYPE if answer.status and answer.status >= 400 else None
    return Response(json.loads(answer.body), answer.status, headers=answer.headers, content_type=media_type)


def _keep(answer: IdempotentAnswer, response: Response, *, with_body: bool = True) -> None:
    body = JSONRenderer().render(response.data).decode() if with_body else ""
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    waiting = IdempotentAnswer.objects.filter(pk=answer.pk, status__isnull=True)
    if not waiting.update(status=response.status_code, headers=headers, body=body):
        raise Problem(409, "in_progress", "Another request with this key took over. Ask again.")
