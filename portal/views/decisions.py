"""What the employee decided, with the words of then, and the receipts."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from audit.signing import key_id, public_key
from portal.views.bases import EmployeePage
from portal.views.terms import words_of
from terms.models import Acceptance
from terms.receipts import document


class OwnDecisions(EmployeePage):
    def own(self) -> Any:
        rows = Acceptance.objects.for_tenant(self.tenant).filter(employee=self.reader)
        return rows.select_related("version", "revision", "text", "tenant")

    def one(self, receipt: UUID) -> Acceptance:
        found: Acceptance | None = self.own().filter(receipt_id=receipt).first()
        if found is None:
            raise Http404
        return found


class Decisions(OwnDecisions):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("decisions", decisions=self.own().defer("text__body", "text__privacy_statement"))


class Decision(OwnDecisions):
    def get(self, request: HttpRequest, receipt: UUID) -> HttpResponse:
        decision = self.one(receipt)
        words = words_of(decision.text) if decision.text else {}
        return self.page("decision", decision=decision, **words)


class Receipt(OwnDecisions):
    """The receipt as a file, to keep."""

    def get(self, request: HttpRequest, receipt: UUID) -> HttpResponse:
        decision = self.one(receipt)
        if not decision.signature:
            raise Http404
        name = f"receipt-{decision.decided_at:%Y-%m-%d}-{str(decision.receipt_id)[:8]}.json"
        return HttpResponse(
            json.dumps(document(decision), ensure_ascii=False, indent=2) + "\n",
            "application/json; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class Verify(EmployeePage):
    """How anybody checks a receipt, with the key that it takes."""

    def get(self, request: HttpRequest) -> HttpResponse:
        key = base64.b64encode(public_key()).decode()
        return self.page("verify", key=key, key_id=key_id())
