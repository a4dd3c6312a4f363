"""An address that somebody typed leads us nowhere inside, and to nobody who cannot prove the name."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from portal.openid import fetching
from portal.openid.fetching import Unreachable, ask

INSIDE = (
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
    "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]", "localhost", "2130706433", "0x7f000001", "127.1",
)  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_nothing_inside_is_asked(host: str) -> None:
    with (
        patch("socket.create_connection", side_effect=AssertionError("connected")),
        pytest.raises(Unreachable, match="inside our own network"),
    ):
        ask(f"https://{host}/")


@pytest.mark.parametrize(
    "address", ["http://login.example/", "file:///etc/passwd", "gopher://login.example/", ""]
)
def test_nothing_but_https_is_asked(address: str) -> None:
    with pytest.raises(Unreachable, match="not asked"):
        ask(address)


def test_a_name_with_one_address_inside_is_not_asked() -> None:
    both = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    with patch("socket.getaddrinfo", return_value=both), pytest.raises(Unreachable, match="inside"):
        ask("https://login.example/")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = f"{self.headers['Host']} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for localhost, which nobody signed but itself, with its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file


@pytest.fixture(scope="module")
def port(certificate: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_what_an_operator_allows_is_asked_over_tls(
    port: int, certificate: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.PROVIDERS_INSIDE = ["localhost"]
    assert ask(f"https://localhost:{port}/a?b=c") == (200, f"localhost:{port} /a?b=c".encode())


def test_nobody_is_believed_under_a_name_that_is_not_theirs(
    port: int, certificate: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROVIDERS_INSIDE = ["localhost", "127.0.0.1"]
    with pytest.raises(Unreachable, match="SSLCertVerificationError"):
        ask(f"https://localhost:{port}/")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(Unreachable, match="SSLCertVerificationError"):
        ask(f"https://127.0.0.1:{port}/")


def test_a_server_that_never_says_hello(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PROVIDERS_INSIDE = ["localhost"]
    monkeypatch.setattr(fetching, "SECONDS", 0.2)
    # The system takes the connection in; nobody ever answers it.
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Handler) as silent,
        pytest.raises(Unreachable, match="too long"),
    ):
        ask(f"https://localhost:{silent.server_port}/")
