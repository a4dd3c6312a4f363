"""The outbox: posted with the deed, sent once under one name, kept when it cannot be sent."""

from __future__ import annotations

import smtplib
import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import AuditEvent
from privacy_console.errors import Refused
from tenants.models import Tenant, User
from work import sending
from work.mail import SEND_MAIL, post, post_all
from work.models import Message, Run
from work.sending import as_email, send_waiting
from work.services import send_again

pytestmark = pytest.mark.django_db


def write(tenant: Tenant, key: str = "a reminder", **other: Any) -> Message | None:
    words = {"to": "officer@contoso.example", "subject": "Due soon", "body": "The token ends."} | other
    return post(tenant=tenant, key=key, **words)


def stored(tenant: Tenant, key: str = "a reminder") -> Message:
    message: Message = Message.objects.for_tenant(tenant).get(key=key)
    return message


def activities(message: Message) -> list[str]:
    return list(AuditEvent.objects.about(message).order_by("id").values_list("activity", flat=True))


class TestPosting:
    def test_the_same_key_is_posted_once_in_a_tenant(self, contoso: Tenant, fabrikam: Tenant) -> None:
        assert write(contoso)
        assert write(contoso, subject="Otherwise") is None
        assert write(fabrikam)
        assert Message.objects.across_tenants().count() == 2

    def test_many_are_posted_by_one_statement_each_with_its_record(self, contoso: Tenant) -> None:
        def letters(*keys: str) -> list[Message]:
            words = {"to": "officer@contoso.example", "subject": "Due soon", "body": "It ends."}
            return [Message(tenant=contoso, key=key, **words) for key in keys]

        post_all(letters("one", "two"))
        post_all([])
        assert [activities(stored(contoso, key)) for key in ("one", "two")] == [["message.posted"]] * 2
        with pytest.raises(IntegrityError), transaction.atomic():
            post_all(letters("three", "one"))
        (wrong,) = letters("four")
        wrong.to = "nobody"
        with pytest.raises(ValidationError):
            post_all([wrong])
        assert Message.objects.for_tenant(contoso).count() == 2

    def test_it_is_part_of_the_deed(self, contoso: Tenant) -> None:
        with transaction.atomic():
            write(contoso)
            transaction.set_rollback(True)
        assert not Message.objects.for_tenant(contoso).exists()

    def test_after_the_commit_one_sending_is_asked_for_however_many_there_are(
        self, contoso: Tenant, django_capture_on_commit_callbacks: Callable[..., Any]
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True) as asked:
            for number in range(3):
                write(contoso, key=str(number))
        assert len(asked) == 1
        assert Run.objects.of(SEND_MAIL).waiting().count() == 1

    @pytest.mark.parametrize(
        "words",
        [
            {"subject": "Due\nBcc: all@contoso.example"},
            {"subject": "Due\r\nsoon"},
            {"subject": "Due\x00"},
            {"subject": "x" * 201},
            {"subject": ""},
            {"to": "officer@contoso.example\nBcc: all@contoso.example"},
            {"to": "a@contoso.example, b@contoso.example"},
            {"to": "Officer <officer@contoso.example>"},
            {"to": "nobody"},
            {"to": ""},
        ],
    )
    def test_what_is_no_header_is_refused(self, contoso: Tenant, words: dict[str, str]) -> None:
        with pytest.raises(ValidationError) as refusal:
            write(contoso, **words)
        assert set(refusal.value.message_dict) == set(words)

    def test_the_trail_has_who_and_what_about_but_not_the_text(self, contoso: Tenant) -> None:
        message = write(contoso)
        assert message
        record = message.history.get()
        assert record.subject == "Due soon"
        assert not hasattr(record, "body")


class TestSending:
    def test_what_waits_is_sent_and_noted(self, contoso: Tenant, mailoutbox: list[EmailMessage]) -> None:
        write(contoso)
        assert send_waiting() == "Sent 1 message."
        assert send_waiting() == "Nothing to send."
        message = stored(contoso)
        assert (message.state, message.attempts) == (Message.State.SENT, 1)
        assert message.sent_at
        assert activities(message) == ["message.posted", "message.sent"]
        sent = mailoutbox[0]
        assert (sent.to, sent.subject, sent.body) == (
            ["officer@contoso.example"],
            "Due soon",
            "The token ends.",
        )
        assert sent.extra_headers["Message-ID"] == f"<{message.reference}@localhost>"

    def test_many_go_out_in_their_order(
        self, contoso: Tenant, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sending, "AT_ONCE", 4)
        for number in range(10):
            write(contoso, key=str(number), subject=str(number))
        assert send_waiting() == "Sent 10 messages."
        assert [sent.subject for sent in mailoutbox] == list("0123456789")


class TestFiles:
    @pytest.fixture(autouse=True)
    def folder(self, settings: Any, tmp_path: Path) -> Path:
        settings.EMAIL_BACKEND = "work.backends.MailFolder"
        settings.MAIL_FOLDER = tmp_path / "mail"
        return tmp_path / "mail"

    def test_a_message_is_a_file_named_by_its_reference(self, contoso: Tenant, folder: Path) -> None:
        write(contoso)
        send_waiting()
        (file,) = folder.iterdir()
        assert file.name == f"{stored(contoso).reference}.eml"
        assert "Subject: Due soon" in file.read_text()

    def test_sent_again_it_is_the_same_file(self, contoso: Tenant, folder: Path) -> None:
        """A worker that dies between sending and noting leaves the message waiting."""
        message = write(contoso)
        assert message
        as_email(message, get_connection()).send()
        send_waiting()
        assert [file.name for file in folder.iterdir()] == [f"{message.reference}.eml"]


class SmallServer(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as it takes to refuse a recipient in earnest."""

    refuses: ClassVar[dict[str, bytes]] = {}
    took: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        recipient = ""
        while line := self.rfile.readline().decode().strip():
            if line.upper().startswith("RCPT"):
                recipient = line.partition("<")[2].partition(">")[0]
            self.wfile.write(self._answer(line.upper(), recipient))

    def _answer(self, line: str, recipient: str) -> bytes:
        if line.startswith("RCPT"):
            return self.refuses.get(recipient, b"250 ok\r\n")
        if line.startswith("DATA"):
            self.wfile.write(b"354 go on\r\n")
            while self.rfile.readline() not in (b".\r\n", b""):
                pass
            self.took.append(recipient)
        return b"250 ok\r\n"


@contextmanager
def mail_server(settings: Any) -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SmallServer) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        try:
            yield
        finally:
            server.shutdown()


class TestRefusals:
    @pytest.fixture(autouse=True)
    def server(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        answers = {
            "gone@contoso.example": b"550 no such person\r\n",
            "busy@contoso.example": b"451 later\r\n",
        }
        monkeypatch.setattr(SmallServer, "refuses", answers)
        monkeypatch.setattr(SmallServer, "took", [])
        with mail_server(settings):
            yield

    def test_one_that_is_refused_for_good_fails_and_the_others_go_out(self, contoso: Tenant) -> None:
        write(contoso, "1", to="gone@contoso.example")
        write(contoso, "2")
        assert send_waiting() == "Sent 1 message."
        gone = stored(contoso, "1")
        assert (gone.state, gone.error) == (Message.State.FAILED, "550 no such person")
        assert activities(gone) == ["message.posted", "message.failed"]
        assert SmallServer.took == ["officer@contoso.example"]

    def test_one_that_is_refused_for_now_waits_longer_and_longer_and_then_fails(
        self, contoso: Tenant
    ) -> None:
        write(contoso, to="busy@contoso.example")
        for attempt, pause in enumerate(sending.PAUSES, 1):
            send_waiting()
            message = stored(contoso)
            assert (message.state, message.attempts, message.error) == ("waiting", attempt, "451 later")
            assert abs(message.next_try_at - timezone.now() - pause) < timedelta(seconds=5)
            assert send_waiting() == "Nothing to send."
            Message.objects.for_tenant(contoso).update(next_try_at=timezone.now())
        send_waiting()
        assert stored(contoso).state == Message.State.FAILED

    def test_tried_again_by_somebody_it_waits_again(
        self, contoso: Tenant, officer: User, auditor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(contoso, to="gone@contoso.example")
        send_waiting()
        with pytest.raises(PermissionDenied):
            send_again(message=stored(contoso), by=auditor)
        send_again(message=stored(contoso), by=officer, reason="They are back.")
        monkeypatch.setattr(SmallServer, "refuses", {})
        assert send_waiting() == "Sent 1 message."
        with pytest.raises(Refused):
            send_again(message=stored(contoso), by=officer)
        assert activities(stored(contoso)) == [
            "message.posted",
            "message.failed",
            "message.retried",
            "message.sent",
        ]


class TestNoServer:
    def test_one_that_does_not_answer_is_the_job_s_failure_not_the_messages(
        self, contoso: Tenant, settings: Any
    ) -> None:
        with mail_server(settings):
            pass
        write(contoso)
        with pytest.raises((OSError, smtplib.SMTPException)):
            send_waiting()
        assert (stored(contoso).state, stored(contoso).attempts) == ("waiting", 0)

    def test_none_at_all_is_said_when_something_waits(self, contoso: Tenant, settings: Any) -> None:
        settings.EMAIL_BACKEND = "work.backends.NoMailServer"
        assert send_waiting() == "Nothing to send."
        write(contoso)
        with pytest.raises(Refused, match="set EMAIL_URL"):
            send_waiting()
        assert stored(contoso).state == "waiting"
