"""Writing, correcting and publishing words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from tenants.access import signed_in
from tenants.pages.deeds import Deed, DeedForm, MomentField, ReasonForm
from tenants.roles import Permission
from terms.counting import asked_of
from terms.models import Acceptance, TermsRevision, TermsText
from terms.models.version import Publication
from terms.services import draft_revision, publish_revision, publish_version, write_text

WRITTEN_MEANWHILE = (
    "There is a text in this language that is not the one you started from: somebody wrote it meanwhile, or you "
    "changed the language. Open that text to change it."
)


def _help(name: str) -> str:
    return str(TermsText._meta.get_field(name).help_text)  # type: ignore[union-attr]


def _words(label: str, help_text: str, *, rows: int, required: bool = True) -> forms.CharField:
    """Text that is kept as it was typed, with the line ends that every other way of writing has."""
    widget = forms.Textarea(attrs={"data-rows": rows})
    return WordsField(label=label, help_text=help_text, widget=widget, strip=False, required=required)


class WordsField(forms.CharField):
    """Browsers send carriage returns, which nobody typed."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")


MARKDOWN = "Markdown: # headings, - lists, **bold**, tables, [links](https://…). HTML and pictures are shown as text."


class WriteForm(DeedForm):
    """The words in one language; it starts from what stands there."""

    language = forms.CharField(max_length=16, help_text="As BCP 47 has it, for example de or pt-BR.")
    title = forms.CharField(max_length=200, help_text="One line; the first thing that employees see.")
    summary = _words("Summary", _help("summary"), rows=4)
    body = _words("The terms", MARKDOWN, rows=18)
    privacy_statement = _words(
        "Privacy statement", "What is collected, why, and who sees it. Markdown too.", rows=10, required=False
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        """Fill in the text whose language the address names; its words come from the draft, not from the address."""
        asked = self.request.GET.get("language") or self.subject.version.policy.default_language
        text = self._text_in(asked)
        if text is None:
            is_known = self.request.GET.get("language") is None
            self.initial = {"language": asked if is_known else ""}
            return
        self.initial = {name: getattr(text, name) for name in self.fields if name != "seen"} | {
            "seen": text.digest()
        }

    def _text_in(self, language: str) -> TermsText | None:
        texts = TermsText.objects.for_tenant(self.subject.tenant_id).filter(revision=self.subject)
        found: TermsText | None = texts.filter(language=language[:16].replace("\0", "")).first()
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        seen, text = given.pop("seen", ""), self._text_in(given.get("language", ""))
        if seen != (text.digest() if text else "") and text is not None:
            raise ValidationError({"language": WRITTEN_MEANWHILE})
        return given


class CorrectForm(DeedForm):
    note = forms.CharField(
        widget=forms.Textarea,
        max_length=2000,
        help_text="What is corrected, and why it changes nothing in the matter. Employees see it.",
    )


class PublishVersionForm(ReasonForm):
    effective_from = MomentField(label="Asked for from", required=False, help_text="Empty: at once.")
    grace_days = forms.IntegerField(
        label="Days of grace",
        min_value=0,
        max_value=365,
        initial=0,
        help_text="For how many days from then the version before it still counts.",
    )
    expires_at = MomentField(
        label="Holds until", required=False, help_text="Empty: until another version follows."
    )
    field_order = ("effective_from", "grace_days", "expires_at", "reason")


def is_draft(revision: TermsRevision) -> bool:
    return revision.status == Publication.DRAFT and not revision.version.policy.is_retired


def is_first_draft(revision: TermsRevision) -> bool:
    """Whether publishing it publishes a version."""
    return is_draft(revision) and revision.version.status == Publication.DRAFT


def is_correction(revision: TermsRevision) -> bool:
    return is_draft(revision) and revision.version.status == Publication.PUBLISHED


def can_be_corrected(revision: TermsRevision) -> bool:
    version = revision.version
    if version.policy.is_retired or revision.status == Publication.DRAFT:
        return False
    drafts = TermsRevision.objects.for_tenant(revision.tenant_id).filter(version=version)
    return not drafts.filter(status=Publication.DRAFT).exists()


def _people(number: int) -> str:
    return "1 employee" if number == 1 else f"{number:,} employees"


def _what_publishing_does(revision: TermsRevision) -> list[str]:
    policy = revision.version.policy
    asked = asked_of(policy)
    accepted = Acceptance.objects.for_tenant(policy.tenant_id).accepted().filter(policy=policy)
    again = asked.filter(pk__in=accepted.values("employee")).count()
    return [
        f"{_people(asked.count())} will be asked, {again:,} of them again: they accepted an earlier version.",
        f"The words are published in {_languages(revision)} and never change again: their bytes and SHA-256 stay.",
        f"Whoever prefers another language reads them in the default language ({policy.default_language}).",
        *_four_eyes(revision),
    ]


def _languages(revision: TermsRevision) -> str:
    texts = TermsText.objects.for_tenant(revision.tenant_id).filter(revision=revision)
    return ", ".join(texts.order_by("language").values_list("language", flat=True)) or "no language yet"


def _four_eyes(revision: TermsRevision) -> list[str]:
    if not revision.version.policy.four_eyes:
        return []
    return [f"Four eyes: {revision.drafted_by} wrote it last; somebody who did not write in it publishes it."]


def _what_correcting_does(revision: TermsRevision) -> list[str]:
    return [
        "Nobody is asked again: whoever accepted the version has accepted it with this correction.",
        "Employees see that it was corrected, why, and the difference; whoever has the page open is shown it anew.",
        f"The words are published in {_languages(revision)} and never change again.",
        *_four_eyes(revision),
    ]


def _write(request: HttpRequest, revision: TermsRevision, data: dict[str, Any]) -> TermsRevision:
    write_text(revision=revision, by=signed_in(request), **data)
    return revision


def _publish(request: HttpRequest, revision: TermsRevision, data: dict[str, Any]) -> TermsRevision:
    publish_version(version=revision.version, by=signed_in(request), **data)
    return revision


WRITE = Deed(
    "write",
    "Write a text",
    Permission.DRAFT_TERMS,
    _write,
    form=WriteForm,
    is_offered=is_draft,
    consequences=lambda revision: [
        "The text of this language is written over; what stood there before stays in the history.",
        "Nobody is asked yet: employees see nothing of a draft.",
    ],
    done="{subject} is written.",
    icon="edit",
)
PUBLISH_VERSION = Deed(
    "publish",
    "Publish the version",
    Permission.PUBLISH_TERMS,
    _publish,
    form=PublishVersionForm,
    is_offered=is_first_draft,
    consequences=_what_publishing_does,
    done="{subject} is published.",
    icon="campaign",
    tone="primary",
)
CORRECT = Deed(
    "revise",
    "Draft a correction",
    Permission.DRAFT_TERMS,
    lambda request, revision, data: draft_revision(version=revision.version, by=signed_in(request), **data),
    form=CorrectForm,
    is_offered=can_be_corrected,
    consequences=lambda _: [
        "A revision starts from the words as they are published. Nobody sees it until it is published.",
        "It is for typing errors, addresses and the like. What changes the matter is a new version.",
    ],
    done="{subject} is drafted. Write its words.",
    icon="edit_note",
)
PUBLISH_CORRECTION = Deed(
    "publish_correction",
    "Publish the correction",
    Permission.PUBLISH_TERMS,
    lambda request, revision, data: publish_revision(revision=revision, by=signed_in(request), **data),
    is_offered=is_correction,
    consequences=_what_correcting_does,
    done="{subject} is published.",
    icon="campaign",
    tone="primary",
)
DEEDS = (WRITE, PUBLISH_VERSION, CORRECT, PUBLISH_CORRECTION)
