"""The pages of wordings: every version and its revisions, in words as the employees see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from tenants.models import Tenant
from tenants.pages.bases import TenantModelAdmin
from tenants.pages.columns import column
from tenants.pages.parts import Badge, Code, Link, Panel, Several, Table, admin_url, facts, link_to
from tenants.roles import Permission
from tenants.templatetags.console_pages import minute
from terms.admin.policies import asked_for
from terms.admin.states import LABELS, state_badge, state_of, with_followers
from terms.admin.writing import DEEDS, is_draft
from terms.languages import best_of
from terms.markdown import as_html
from terms.models import Acceptance, TermsRevision, TermsText
from terms.models.version import Publication

RIGHT_TO_LEFT = ("ar", "fa", "he", "ur", "yi", "ps", "sd", "ug", "dv", "ckb")


def words_of(text: TermsText) -> dict[str, Any]:
    """What a template needs to show a text as the employee sees it."""
    return {
        "text": text,
        "direction": "rtl" if text.language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
        "summary": as_html(text.summary),
        "body": as_html(text.body),
        "privacy_statement": as_html(text.privacy_statement),
    }


@admin.register(TermsRevision)
class TermsRevisionAdmin(TenantModelAdmin):
    view_permission = Permission.VIEW_TERMS
    list_title = "Versions and texts"
    intro = "Every wording of the terms: versions ask everybody again, revisions are small corrections that do not."
    empty_text = "No version yet. Create terms, then draft their first version."
    related = ("version__policy",)
    list_display = ("wording", "state", "languages", "drafted", "published", "tenant_name")
    list_filter = ("status",)
    search_fields = ("version__policy__name", "drafted_by", "published_by", "note")
    search_help_text = "Terms, person or what was corrected."
    ordering = ("-drafted_at", "-id")
    deeds = DEEDS

    def scope(self, tenants: QuerySet[Tenant]) -> QuerySet[TermsRevision]:
        rows: QuerySet[TermsRevision] = with_followers(super().scope(tenants))
        return rows.prefetch_related("texts")

    def pages(self) -> Sequence[tuple[str, Any, str]]:
        return [("<path:object_id>/preview/", self.preview_view, "terms_termsrevision_preview")]

    @column(description="Wording", ordering="version__policy__name")
    def wording(self, revision: TermsRevision) -> str:
        return str(revision)

    @column(description="State", label=LABELS, ordering="status")
    def state(self, revision: TermsRevision) -> str:
        return state_of(revision)

    @column(description="Languages", empty_value="no text yet")
    def languages(self, revision: TermsRevision) -> str | None:
        return ", ".join(text.language for text in revision.texts.all()) or None

    @column(description="Drafted", ordering="drafted_at")
    def drafted(self, revision: TermsRevision) -> str:
        return minute(revision.drafted_at)

    @column(description="Published", ordering="published_at", empty_value="not yet")
    def published(self, revision: TermsRevision) -> str | None:
        return minute(revision.published_at) if revision.published_at else None

    # --- One wording ---

    def headline(self, request: HttpRequest, obj: TermsRevision) -> Sequence[Any]:
        kind = "Version: asks everybody" if obj.number == 0 else "Revision: asks nobody again"
        return [state_badge(obj), Badge(kind, "info")]

    def panels(self, request: HttpRequest, obj: TermsRevision) -> list[Panel]:
        may_write = is_draft(obj) and self.may(request, Permission.DRAFT_TERMS, obj)
        shown = chosen_text(obj, request)
        words = [_words_panel(obj, shown)] if shown else []
        return [_about(obj), _texts_panel(obj, may_write=may_write), *words]

    # --- As the employee will see it ---

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The words alone, in the plain look; `?language=` says in which language."""
        revision = self.required_object(request, object_id)
        text = chosen_text(revision, request)
        if text is None:
            raise Http404("Nothing is written yet.")
        context = {
            **words_of(text),
            "revision": revision,
            "others": [other for other in revision.texts.all() if other.pk != text.pk],
            "back_url": admin_url(revision, "change", revision.pk),
        }
        return TemplateResponse(request, "admin/terms/preview.html", context)


def chosen_text(revision: TermsRevision, request: HttpRequest) -> TermsText | None:
    """The text in the language that the address asks for; else in the policy's default language, else the first."""
    texts = {text.language: text for text in revision.texts.all()}
    default = revision.version.policy.default_language
    found = best_of([request.GET.get("language") or default], list(texts), default)
    return texts.get(found) or next(iter(texts.values()), None)


def _about(revision: TermsRevision) -> Panel:
    version = revision.version
    latest = _present(revision)
    about = [
        ("Terms", link_to(version.policy)),
        ("What it corrects", revision.note),
        ("Asked for", asked_for(version)),
        ("Drafted", [revision.drafted_at, f"by {revision.drafted_by}"]),
        (
            "Published",
            [revision.published_at, f"by {revision.published_by}"] if revision.published_at else None,
        ),
        ("Why it was published", revision.publish_reason),
        ("Corrected since", link_to(latest) if latest != revision else None),
        ("Decided about this version", _decisions(version) if version.published_at else None),
    ]
    title = (
        f"Version {version.number}"
        if revision.number == 0
        else f"Revision {version.number}.{revision.number}"
    )
    return Panel(title, facts(about), tone="warn" if revision.status == Publication.DRAFT else "good")


def _present(revision: TermsRevision) -> TermsRevision:
    """The wording of its version that is shown now; itself, where that is a draft."""
    published = TermsRevision.objects.for_tenant(revision.tenant_id).filter(
        version=revision.version_id, status=Publication.PUBLISHED, number__gt=revision.number
    )
    return published.select_related("version__policy").order_by("-number").first() or revision


def _decisions(version: Any) -> Link:
    number = Acceptance.objects.for_tenant(version.tenant_id).filter(version=version).count()
    url = f"{admin_url(Acceptance, 'changelist')}?policy__id__exact={version.policy_id}"
    return Link(f"{number:,}, see everything that was decided", url)


def _texts_panel(revision: TermsRevision, *, may_write: bool) -> Panel:
    rows = [
        [
            Link(text.language, f"?language={text.language}"),
            text.title,
            f"{len(text.content):,}",
            Code(text.sha256 or text.digest()),
            Several(_ways(revision, text, may_write=may_write)),
        ]
        for text in revision.texts.all()
    ]
    title = "Texts" if revision.status == Publication.PUBLISHED else "Texts, as the draft stands"
    headings = ("Language", "Title", "Bytes", "SHA-256", "")
    table = Table(headings, rows, "Nothing is written yet. Write the text of the default language first.")
    compare = f"{admin_url(revision.version.policy, 'difference', revision.version.policy_id)}"
    return Panel(title, table=table, link=Link("Compare two texts", compare) if rows else None)


def _ways(revision: TermsRevision, text: TermsText, *, may_write: bool) -> list[Link]:
    asked = f"?language={text.language}"
    change = [Link("Change", admin_url(revision, "write", revision.pk) + asked)] if may_write else []
    preview = Link("Preview", admin_url(revision, "preview", revision.pk) + asked)
    before = _before(revision, text)
    return [*change, preview, *([before] if before else [])]


def _before(revision: TermsRevision, text: TermsText) -> Link | None:
    """What is different from the wording before it in the same language."""
    policy = revision.version.policy
    older = TermsText.objects.for_tenant(revision.tenant_id).filter(
        revision__version__policy=policy, language=text.language, revision__lt=revision.pk
    )
    found = older.order_by("-revision__version__number", "-revision__number").first()
    if found is None:
        return None
    url = admin_url(policy, "difference", policy.pk)
    return Link("What changed", f"{url}?before={found.pk}&after={text.pk}")


def _words_panel(revision: TermsRevision, text: TermsText) -> Panel:
    preview = Link("Preview", f"{admin_url(revision, 'preview', revision.pk)}?language={text.language}")
    title = f"What employees read ({text.language})"
    return Panel(title, template="admin/terms/words_panel.html", context=words_of(text), link=preview)
