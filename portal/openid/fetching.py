"""Asking a server whose address an administrator typed: over TLS, never inside our own network, in time, not too much.

No redirect is followed, and the address that was checked is the one that is connected to.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

SECONDS = 5.0
LARGEST = 512 * 1024
LOOPBACK = "127.0.0.1"
# IPv4 addresses of every network, ours too, in the clothes of IPv6 (RFC 6052).
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
DEFAULT_PORTS = {"https": 443, "http": 80}
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "privacy-console"}


class Unreachable(Exception):
    """The provider does not answer as it must; `str()` says in what."""


def checked(address: str) -> SplitResult:
    """The address in its parts. Raises ValidationError unless it begins with https:// and says nothing it should not.

    During development (DEBUG), http://127.0.0.1 does as well.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValidationError("This is no address.") from None
    is_plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    is_trying = settings.DEBUG and parts.scheme == "http" and parts.hostname == LOOPBACK
    if not (is_plain and parts.hostname and port != 0 and (parts.scheme == "https" or is_trying)):
        raise ValidationError("Give an address that begins with https://.")
    if parts.username is not None or parts.password is not None or "#" in address:
        raise ValidationError("Give an address without user name, password and fragment.")
    return parts


def ask(
    address: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """GET the address, or POST the form to it: the status and the content. Raises Unreachable.

    It takes at most SECONDS once the name is known, and at most LARGEST bytes are read.
    """
    try:
        parts = checked(address)
    except ValidationError as mistake:
        raise Unreachable("names an address that is not asked") from mistake
    try:
        return _exchange(parts, form, {**HEADERS, **(headers or {})})
    except TimeoutError as error:
        raise Unreachable("took too long") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"could not be asked ({type(error).__name__})") from error


class _Connection(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name leads to a moment later."""

    def __init__(self, parts: SplitResult) -> None:
        self.is_tls = parts.scheme == "https"
        self.default_port = DEFAULT_PORTS[parts.scheme]
        super().__init__(parts.hostname or "", parts.port or self.default_port, timeout=SECONDS)
        self.is_late = False
        # The library lets go of its own while an answer without a length is still read.
        self.line: socket.socket | None = None

    def connect(self) -> None:
        plain = socket.create_connection((_reachable(self.host, self.port), self.port), SECONDS)
        if not self.is_tls:
            self.sock = self.line = plain
            return
        context = ssl.create_default_context()
        secured = context.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = self.line = secured
        secured.do_handshake()

    def give_up(self) -> None:
        """Wake whoever waits for the server: each answer may come in time, and all of them together too late."""
        self.is_late = True
        if self.line is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which would change what the other thread is just using.
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)


def _exchange(
    parts: SplitResult, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    connection = _Connection(parts)
    alarm = threading.Timer(SECONDS, connection.give_up)
    alarm.start()
    try:
        return _talk(connection, parts, form, headers)
    finally:
        alarm.cancel()
        connection.close()
        if connection.is_late:
            raise TimeoutError


def _talk(
    connection: _Connection, parts: SplitResult, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if form is None:
        connection.request("GET", path, headers=dict(headers))
    else:
        encoded = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        connection.request("POST", path, urlencode(form), encoded)
    response = connection.getresponse()
    content = response.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Unreachable("answers more than anybody would read")
    if response.length:
        raise http.client.IncompleteRead(content, response.length)
    return response.status, content


def _reachable(host: str, port: int) -> str:
    """The first IP address of the host. Raises Unreachable where any of them is not to be asked."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(_is_outside(ip) or _is_allowed_inside(host, ip) for ip in found):
        raise Unreachable("is inside our own network; an operator allows it by PROVIDERS_INSIDE")
    return found[0]


def _is_outside(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast and ip not in TRANSLATED


def _is_allowed_inside(host: str, address: str) -> bool:
    return host in settings.PROVIDERS_INSIDE or (settings.DEBUG and host == address == LOOPBACK)
