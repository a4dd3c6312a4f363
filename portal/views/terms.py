"""The terms to decide: what waits, reading, accepting, declining."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from portal import languages
from portal.devices import short_name
from portal.outstanding import outstanding_of
from portal.views.bases import EmployeePage
from portal.words import say
from privacy_console.errors import Refused
from tenants.middleware import client_address
from terms.languages import best_of
from terms.markdown import as_html
from terms.models import Acceptance, TermsPolicy, TermsText
from terms.services import decide, show
from terms.services.acceptances import Circumstances

ACCEPTED, DECLINED = Acceptance.Decision.ACCEPTED, Acceptance.Decision.DECLINED


def words_of(text: TermsText) -> dict[str, Any]:
    """What a page shows of a text, as harmless HTML."""
    return {
        "text": text,
        "summary": as_html(text.summary),
        "body": as_html(text.body),
        "privacy_statement": as_html(text.privacy_statement) if text.privacy_statement.strip() else "",
    }


class Outstanding(EmployeePage):
    """The first page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        wished = languages.wished(request, self.reader)
        return self.page("outstanding", waiting=outstanding_of(self.reader, wished))


class TermsPage(EmployeePage):
    """A page about terms that are for this employee; others are not there."""

    def policy(self, key: int) -> TermsPolicy:
        asked = TermsPolicy.objects.for_tenant(self.tenant).asked_of(self.reader)
        found: TermsPolicy | None = asked.filter(pk=key).first() if key < 2**63 else None
        if found is None:
            raise Http404
        return found

    def shown(self, policy: TermsPolicy, *, again: str = "") -> HttpResponse:
        """The words as they are now. again: why they are shown another time."""
        wished = languages.wished(self.request, self.reader)
        if in_language := self.request.GET.get("text"):
            wished.insert(0, in_language)
        try:
            shown = show(employee=self.reader, policy=policy, languages=wished)
        except Refused:
            return self.to("home")
        if not shown.place.is_outstanding and shown.place.last is not None:
            return self.to("decision", receipt=shown.place.last.receipt_id)
        return self.page(
            "read",
            status=409 if again else 200,
            again=again,
            policy=policy,
            place=shown.place,
            ticket=shown.ticket,
            at_hand=_languages_at_hand(shown.text),
            is_foreign=bool(wished) and not best_of(wished, [shown.text.language], ""),
            **words_of(shown.text),
        )

    def decided(self, policy: TermsPolicy, decision: str, button: str) -> HttpResponse:
        """Take the decision about the words that were shown, or show those that hold now."""
        try:
            acceptance = decide(
                employee=self.reader,
                policy=policy,
                ticket=self.request.POST.get("ticket", ""),
                decision=decision,
                circumstances=self._circumstances(button),
            )
        except Refused as refusal:
            return self.shown(policy, again=refusal.code)
        return self.to("decision", receipt=acceptance.receipt_id)

    def _circumstances(self, button: str) -> Circumstances:
        return Circumstances(
            button=say(self.language, button),
            session=self.session.secret if self.session else "",
            address=client_address(self.request),
            device=short_name(self.request.headers.get("User-Agent", "")),
        )


def _languages_at_hand(text: TermsText) -> list[str]:
    """Those of the same wording, where there are several."""
    texts = TermsText.objects.for_tenant(text.tenant_id).filter(revision=text.revision_id)
    found = list(texts.order_by("language").values_list("language", flat=True))
    return found if len(found) > 1 else []


class Read(TermsPage):
    """The words, and the two buttons below them."""

    def get(self, request: HttpRequest, policy: int) -> HttpResponse:
        return self.shown(self.policy(policy))

    def post(self, request: HttpRequest, policy: int) -> HttpResponse:
        return self.decided(self.policy(policy), ACCEPTED, "accept")


class Decline(TermsPage):
    """Declining is asked twice: the first press leads to a page that says what follows."""

    def get(self, request: HttpRequest, policy: int) -> HttpResponse:
        return self.to("read", policy=self.policy(policy).pk)

    def post(self, request: HttpRequest, policy: int) -> HttpResponse:
        found = self.policy(policy)
        if "sure" in request.POST:
            return self.decided(found, DECLINED, "decline_surely")
        return self.page("decline", policy=found, ticket=request.POST.get("ticket", ""))
