"""Importing files through the pages in two steps: what they come to, then keeping it.

Between the steps nothing is kept here: the page carries what was read, signed for the person and for what it goes into.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar, Self

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from tenants.access import signed_in
from tenants.pages.deeds import DeedForm
from tenants.pages.parts import Panel

LARGEST_UPLOAD = 20 * 1024 * 1024
# The page itself is sent back with the second step, within what the settings let a form have.
LARGEST_CARRIED = 2 * 1024 * 1024
GOOD_FOR = timedelta(hours=1)


class SeveralFiles(forms.FileInput):
    """A choice of files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each with something in it."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        chosen = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(file, initial) for file in chosen if file] or super().clean(
            None
        )


class TwoStepForm(DeedForm):
    """First the files; then, with what they come to at hand, only the confirmation.

    purpose: what the signature is for. chosen: the field of the files. command: does the same with more than a page
    can carry. outcome: what the files come to, in the second step. is_refused: nothing of it can be kept.
    """

    purpose: ClassVar[str]
    chosen: ClassVar[str] = "documents"
    command: ClassVar[str]
    carried = forms.CharField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        super().prepare()
        self.outcome: Any = None
        self.fields[self.chosen].required = not self.data.get("carried")

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the deed is given of the form's first step."""
        raise NotImplementedError

    def unpack(self, carried: Any) -> dict[str, Any]:
        """The same, of what the page carried."""
        raise NotImplementedError

    @property
    def is_refused(self) -> bool:
        return False

    def consequences(self) -> Sequence[str]:
        """What the second step says of the outcome."""
        raise NotImplementedError

    def panels(self) -> Sequence[Panel]:
        """What it shows of the outcome."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.errors:
            return given
        if given["carried"]:
            return {**given, **self.unpack(self._carried()), "form": self}
        self._require_small(given)
        return {**given, **self.read(given), "form": self}

    def _salt(self) -> str:
        into = self.subject or self.cleaned_data["tenant"]
        return f"{self.purpose}:{into.pk}:{signed_in(self.request).as_actor()['actor_id']}"

    def _carried(self) -> Any:
        try:
            return signing.loads(self.cleaned_data["carried"], salt=self._salt(), max_age=GOOD_FOR)
        except signing.BadSignature:
            raise ValidationError(
                "The preview is too old, or of another tenant or policy. Choose the files again."
            ) from None

    def _require_small(self, given: dict[str, Any]) -> None:
        files = given[self.chosen]
        if sum(file.size or 0 for file in (files if isinstance(files, list) else [files])) > LARGEST_UPLOAD:
            raise ValidationError({self.chosen: self._too_much})

    @property
    def _too_much(self) -> str:
        return f"This is too much for a page: use the command {self.command}, or the API."

    def confirm(self, outcome: Any, carried: Any) -> Self:
        """Ask to confirm what the files come to. Raises ValidationError where it is too much for a page.

        carried: what the second step needs, as JSON holds it.
        """
        text = signing.dumps(carried, salt=self._salt(), compress=True)
        if len(text) > LARGEST_CARRIED:
            raise ValidationError(self._too_much)
        self.outcome = outcome
        given: Any = self.data.copy()  # type: ignore[attr-defined]
        given["carried"] = text
        self.data = given
        self.fields = {name: self.fields[name] for name in ("tenant", "carried") if name in self.fields}
        if "tenant" in self.fields:
            self.fields["tenant"].widget = forms.HiddenInput()
        return self


def packed(content: bytes) -> str:
    """The file as JSON can hold it."""
    return base64.b64encode(zlib.compress(content)).decode()


def unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
