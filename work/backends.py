"""Where e-mail goes without a mail server: to files in development, nowhere (and it says so) otherwise."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from privacy_console.errors import Refused


class MailFolder(BaseEmailBackend):
    """Each message in a file of its own in settings.MAIL_FOLDER, named by its Message-ID: sent twice, it is there once.

    A file appears whole or not at all.
    """

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.MAIL_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for message in messages:
            _write_whole(folder, message)
        return len(messages)


def _write_whole(folder: Path, message: EmailMessage) -> None:
    text = message.message()
    name = re.sub(r"[^\w.-]", "", text["Message-ID"].strip("<>").partition("@")[0])
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.as_bytes())
        Path(temporary).replace(folder / f"{name}.eml")
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class NoMailServer(BaseEmailBackend):
    """Refuses to send: nobody has said how. The messages wait."""

    def open(self) -> bool:
        raise Refused("no_mail_server", "Messages wait, but there is no mail server: set EMAIL_URL.")

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        self.open()
        return 0
