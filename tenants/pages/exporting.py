"""The page where a register or report is taken away: as which file, as of when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from privacy_console.errors import Refused
from privacy_console.rest.files import pouring_response
from tenants.exports import Download, Format
from tenants.pages.deeds import MomentField


class ExportForm(forms.Form):
    """Which kind of file, as of when."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepare()
        self.fields["export_format"] = forms.ChoiceField(label="File", choices=Format.choices)
        self.fields["as_of"] = MomentField(
            label="As it was known at", required=False, help_text="Now, where left empty."
        )
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = " ".join(SELECT_CLASSES if is_choice else INPUT_CLASSES)

    def prepare(self) -> None:
        """Add what is to be chosen before the file."""


def export_page(
    page: Any,
    request: HttpRequest,
    form: ExportForm,
    take: Callable[[dict[str, Any]], Download],
    **context: Any,
) -> HttpResponseBase:
    """What to choose, or, once it is chosen, the file.

    take: exports what the form says. context: title, intro, back_url, and the subject where it is about one object.
    Raises PermissionDenied for whoever may not see the page's list.
    """
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    if not page.has_view_permission(request):
        raise PermissionDenied
    if form.is_bound and form.is_valid():
        try:
            return pouring_response(take(form.cleaned_data))
        except Refused as refusal:
            form.add_error(None, refusal.detail)
    shown = page.context(request, context.pop("subject", None), form=form, **context)
    return TemplateResponse(request, "admin/console/export.html", shown, status=400 if form.errors else 200)


def asked_for(request: HttpRequest) -> dict[str, Any] | None:
    """The form's values, once something was chosen; None for a page that was only opened."""
    return request.GET if "export_format" in request.GET else None
