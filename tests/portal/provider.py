"""A small OpenID Connect provider that really runs, on the loopback address: discovery, keys, authorization, tokens.

It does as the standards say, and otherwise where a test tells it to: `person` is who sits at its sign-in, `claims`,
`header` and `sign` change its tokens, `metadata` what it says of itself, `instead` what an address answers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "console", "s3cret/with+signs"
TENANT = "72f988bf-0000-4000-8000-00000000c047"
Instead = Callable[["Handler"], None]


@cache
def key(kid: str, kind: str = "RSA") -> Any:
    parameters: Any = {"kid": kid, "use": "sig"}
    if kind == "EC":
        return ECKey.generate_key("P-256", parameters)
    return RSAKey.generate_key(2048, parameters)


class Provider:
    """`with Provider() as provider:` serves at `provider.issuer` until the end of the block."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.provider = self  # type: ignore[attr-defined]
        self.stopped = threading.Event()
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.issuer = f"http://{self.host}/contoso"
        self.behave()

    def behave(self) -> None:
        """Be as at the beginning."""
        self.person: dict[str, Any] = {"sub": "pairwise", "oid": "id-reader", "tid": TENANT}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any], dict[str, Any]], str] = self._sign
        self.signing, self.published = key("first"), [key("first")]
        self.metadata: dict[str, Any] = {}
        self.instead: dict[str, Instead] = {}
        self.granted: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.authenticated_by = ""
        self.asks_first = False

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    # --- What it answers ---

    def describe(self) -> dict[str, Any]:
        at = f"{self.issuer}/"
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{at}authorize?policy=work",
            "token_endpoint": f"{at}token",
            "jwks_uri": f"{at}keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        } | self.metadata

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes to, once the person has signed in."""
        assert asked.items() >= {"client_id": CLIENT, "response_type": "code", "policy": "work"}.items()
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
        code = secrets.token_urlsafe(16)
        self.granted[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def redeem(self, form: dict[str, str], credentials: tuple[str, str]) -> tuple[int, dict[str, Any]]:
        if credentials != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        grant = self.granted.pop(form["code"], None)
        if grant is None or form["redirect_uri"] != grant["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != grant["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(grant["nonce"])}

    def token(self, nonce: str) -> str:
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = said | self.person | self.claims
        kind = "ES256" if self.signing.key_type == "EC" else "RS256"
        header = {"alg": kind, "kid": self.signing.kid} | self.header
        known = {name: value for name, value in claims.items() if value is not None}
        return self.sign({name: value for name, value in header.items() if value is not None}, known)

    def _sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims, self.signing)

    def keys(self) -> dict[str, Any]:
        return {"keys": [each.as_dict(private=False) for each in self.published]}

    # --- Visiting it ---

    def visit(self, address: str) -> str:
        """Go there as a browser does, and say where it leads to."""
        parts = urlsplit(address)
        assert parts.netloc == self.host
        connection = HTTPConnection(self.host, timeout=60)
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 302, answer.status
        return str(answer.headers["Location"])


class Handler(BaseHTTPRequestHandler):
    @property
    def provider(self) -> Provider:
        found: Provider = self.server.provider  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        place = parts.path.removeprefix("/contoso/")
        self.provider.asked.append(place)
        if place in self.provider.instead:
            self.provider.instead[place](self)
        elif place == "authorize":
            self._authorize(parts.query)
        elif place == ".well-known/openid-configuration":
            self.answer(200, self.provider.describe())
        elif place == "keys":
            self.answer(200, self.provider.keys())
        else:
            self.answer(404, {})

    def _authorize(self, query: str) -> None:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if self.provider.asks_first and "sure" not in asked:
            hidden = "".join(f'<input type="hidden" name="{n}" value="{v}">' for n, v in asked.items())
            button = '<button name="sure" value="1">Continue</button>'
            page = f"<!DOCTYPE html><title>Provider</title><form>{hidden}{button}</form>"
            self.answer(200, page.encode(), "text/html")
        else:
            self.lead(self.provider.authorize(asked))

    def do_POST(self) -> None:
        place = urlsplit(self.path).path.removeprefix("/contoso/")
        self.provider.asked.append(place)
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(content).items()}
        if place in self.provider.instead:
            self.provider.instead[place](self)
        else:
            self.answer(*self.provider.redeem(form, self._credentials(form)))

    def _credentials(self, form: dict[str, str]) -> tuple[str, str]:
        given = self.headers.get("Authorization", "")
        self.provider.authenticated_by = given.partition(" ")[0]
        if not given:
            return form.get("client_id", ""), form.get("client_secret", "")
        name, _, secret = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)

    def answer(self, status: int, content: Any, kind: str = "application/json") -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def lead(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


# --- What a provider may answer instead ---


def saying(content: Any, status: int = 200) -> Instead:
    return lambda handler: handler.answer(status, content)


def leading(address: str) -> Instead:
    return lambda handler: handler.lead(address)


def dripping(handler: Handler) -> None:
    """A byte now and then, each in time, without an end."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while not handler.provider.stopped.wait(0.02):
            handler.wfile.write(b" ")
    except OSError:
        return


def cut(handler: Handler) -> None:
    """Hang up in the middle."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    handler.close_connection = True
