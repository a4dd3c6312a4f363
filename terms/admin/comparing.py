"""Any two texts of a policy, side by side."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.widgets import SELECT_CLASSES

from tenants.pages.parts import admin_url
from terms.differences import difference
from terms.models import TermsPolicy, TermsText

SELECT = forms.Select(attrs={"class": " ".join(SELECT_CLASSES)})


def named(text: TermsText) -> str:
    revision = text.revision
    draft = ", draft" if text.status == "draft" else ""
    return f"{revision.version.number}.{revision.number} {text.language}: {text.title}{draft}"


class TextField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of texts, named by where they stand."""

    def label_from_instance(self, obj: Any) -> str:
        return named(obj)


class TwoTexts(forms.Form):
    def __init__(self, policy: TermsPolicy, data: Any) -> None:
        super().__init__(data or None)
        texts = TermsText.objects.for_tenant(policy.tenant_id).filter(revision__version__policy=policy)
        offered = texts.select_related("revision__version").order_by(
            "-revision__version__number", "-revision__number", "language"
        )
        newest = offered.filter(language=policy.default_language).values_list("pk", flat=True)[:2]
        self.initial = dict(zip(("after", "before"), newest, strict=False))
        for name, label in (("before", "From"), ("after", "To")):
            self.fields[name] = TextField(offered, label=label, widget=SELECT)


def difference_view(page: Any, request: HttpRequest, policy: TermsPolicy) -> HttpResponse:
    """The two that the address asks for with `?before=` and `?after=`, both texts of this policy."""
    form = TwoTexts(policy, request.GET)
    parts, both = [], {}
    if form.is_valid():
        both = form.cleaned_data
        parts = difference(both["before"], both["after"])
    context = page.context(
        request,
        policy,
        title=f"Difference: {policy}",
        form=form,
        parts=parts,
        names={side: named(text) for side, text in both.items()},
        back_url=admin_url(policy, "change", policy.pk),
    )
    status = 400 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/terms/difference.html", context, status=status)
