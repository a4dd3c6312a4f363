"""What the pages of both kinds of elections have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.http import HttpRequest, HttpResponse

from elections.admin.deciding import APPROVE, DECISIONS, why_not
from elections.admin.words import LABELS, decided_panel, moment_in_words, state_badge, told_panel
from elections.models import Election
from tenants.access import signed_in
from tenants.pages.columns import column
from tenants.pages.deeds import Deed, DeedForm
from tenants.pages.moments import Moment, moment_of
from tenants.pages.parts import Badge, Panel
from tenants.pages.past import PastChangeList, PastModelAdmin, seen_at
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute

PROPOSED = "{subject} is proposed. It holds once a second person has approved it."


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Election.State.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        state, moment = self.value(), moment_of(request)
        if not state:
            return queryset
        model = queryset.model
        if not moment.is_past:
            return queryset.filter(model.in_state(state, moment.at))
        then = model.history.across_tenants().known_at(moment.asked)
        return queryset.filter(pk__in=then.filter(model.in_state(state, moment.at, then)).values("id"))


class ElectionChangeList(PastChangeList):
    """Tells each row when it is followed, for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page: Any = self.model_admin
        self.result_list = list(self.result_list)
        page.set_ends(self.result_list, page.known_at(request, moment_of(request)))


class ElectionAdmin(PastModelAdmin):
    view_permission = Permission.VIEW_ELECTIONS
    related: ClassVar[Sequence[str]] = ("edition__catalog",)
    deeds = DECISIONS
    ordering = ("-proposed_at", "-id")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ElectionChangeList]:
        return ElectionChangeList

    @column(description="State", label=LABELS)
    def state_badge(self, election: Election) -> str:
        return str(Election.State(election.state_at(seen_at(election))).label)

    @column(description="Holds from", ordering="effective_from", empty_value="its approval")
    def begins(self, election: Election) -> str | None:
        return minute(election.effective_from) if election.effective_from else None

    @column(description="Until", empty_value="—")
    def until(self, election: Election) -> str | None:
        return minute(election.ends_at) if election.ends_at else None

    @column(description="Proposed by", ordering="proposed_by")
    def proposed(self, election: Election) -> str:
        return election.proposed_by

    def set_ends(self, elections: list[Any], among: Any) -> None:
        """Tell elections when they are followed; among: elections, or their history, of their tenants."""
        raise NotImplementedError

    # --- An election's page ---

    def subject_panels(self, election: Any, moment: Moment) -> list[Panel]:
        """State, and what is elected."""
        raise NotImplementedError

    def seen(self, request: HttpRequest, obj: Any) -> Any:
        """The election as it was at the moment asked for; None where there was none. Read once for the whole page."""
        if not hasattr(obj, "_seen"):
            moment = moment_of(request)
            obj._seen = self.at_moment(obj, moment)
            if obj._seen is not None:
                self.set_ends([obj._seen], moment.rows(self.model, [obj.tenant_id]))
        return obj._seen

    def headline(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        election = self.seen(request, obj)
        if election is None:
            return [Badge("Not yet proposed")]
        late = [Badge("Recorded after the fact", "warn")] if election.is_past_dated else []
        return [state_badge(election, moment_of(request).at), *late]

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        election, moment = self.seen(request, obj), moment_of(request)
        if election is None:
            return [_not_yet(obj)]
        return [
            *self._barred(request, election, moment),
            *self.subject_panels(election, moment),
            told_panel(election),
            decided_panel(election),
        ]

    def _barred(self, request: HttpRequest, election: Any, moment: Moment) -> list[Panel]:
        """Why the reader, who may approve elections, cannot approve this one."""
        waits = election.status == Election.Status.PROPOSED and not moment.is_past
        if not waits or not self.may(request, APPROVE.permission, election):
            return []
        sentence = why_not(election, signed_in(request))
        return [Panel("You cannot approve it yourself", text=sentence, tone="warn")] if sentence else []

    def offered(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """Not the approval of what one has proposed oneself, where that takes a second person."""
        offers = super().offered(request, obj)
        is_barred = any(offer["deed"] is APPROVE for offer in offers) and why_not(obj, signed_in(request))
        return [offer for offer in offers if not (is_barred and offer["deed"] is APPROVE)]

    # --- Deciding ---

    def deed_context(self, request: HttpRequest, deed: Deed, obj: Any, form: DeedForm) -> dict[str, Any]:
        context = super().deed_context(request, deed, obj, form)
        if obj is None:
            return context
        before = [*self.subject_panels(obj, Moment()), told_panel(obj)]
        barred = why_not(obj, signed_in(request)) if deed is APPROVE else ""
        return context | {"before": before, "barred": barred}

    def after(self, request: HttpRequest, deed: Deed, obj: Any, result: Any) -> HttpResponse:
        """Under four eyes what is elected only waits."""
        waits = obj is None and result.status == Election.Status.PROPOSED
        return super().after(request, replace(deed, done=PROPOSED) if waits else deed, obj, result)


def _not_yet(election: Election) -> Panel:
    text = f"It was proposed on {moment_in_words(election.proposed_at)}. At the moment asked for, nobody knew of it."
    return Panel("There was no such election yet", text=text, tone="warn")
