"""What a provider says of itself, its keys, and what it gives for a code."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit, urlunsplit

from django.core.cache import cache
from django.core.exceptions import ValidationError

from portal.openid.fetching import Unreachable, ask, checked
from privacy_console.strict_json import strict_json

WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# Seconds. A key that is not among those kept is looked for anew, though not for every token that names one.
KEPT, FAILURE_KEPT, LOOKED_FOR_AGAIN = 600, 10, 60
ERROR_CODE = re.compile(r"[a-z_]{1,40}")


class CodeRefused(Exception):
    """The provider gives nothing for the code; `str()` is its error code."""


@dataclass(frozen=True)
class Configuration:
    """What is used of the provider's metadata (Discovery 1.0 §3). names_itself: its answers say who answers."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    takes_basic: bool
    names_itself: bool


def configuration_of(issuer: str) -> Configuration:
    """What the issuer publishes of itself. Raises Unreachable, also where it is somebody else's."""
    document = _kept(issuer.rstrip("/") + WELL_KNOWN)
    if document.get("issuer") != issuer:
        raise Unreachable("calls itself by another name than the issuer that is set")
    addresses = {name: document.get(name) for name in ENDPOINTS}
    for name, address in addresses.items():
        _check_endpoint(name, address)
    # Basic is what holds where nothing is said.
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Configuration(
        issuer=issuer,
        takes_basic="client_secret_basic" in methods,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        **addresses,  # type: ignore[arg-type]
    )


def _check_endpoint(name: str, address: object) -> None:
    try:
        checked(address if isinstance(address, str) else "")
    except ValidationError as mistake:
        raise Unreachable(f"has no {name} that could be asked") from mistake


def keys_of(configuration: Configuration, *, holding: Callable[[list[Any]], bool]) -> list[Any]:
    """The provider's public keys (RFC 7517), fetched anew where the kept ones do not hold what is looked for."""
    address = configuration.jwks_uri
    found = _keys_at(address)
    if not holding(found) and cache.add(_name_of(address) + ":again", True, LOOKED_FOR_AGAIN):
        cache.delete(_name_of(address))
        found = _keys_at(address)
    return found


def _keys_at(address: str) -> list[Any]:
    keys = _kept(address).get("keys")
    return keys if isinstance(keys, list) else []


def authorization_address(configuration: Configuration, **parameters: str) -> str:
    """Where the browser goes to; what the endpoint's address asks for by itself stays in it."""
    parts = urlsplit(configuration.authorization_endpoint)
    query = "&".join(filter(None, (parts.query, urlencode({"response_type": "code"} | parameters))))
    return urlunsplit(parts._replace(query=query))


def redeem(
    configuration: Configuration, *, client_id: str, secret: str, code: str, verifier: str, redirect_uri: str
) -> str:
    """The ID token for the code. Raises CodeRefused, Unreachable."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    headers = {}
    if configuration.takes_basic:
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": client_id, "client_secret": secret}
    status, content = ask(configuration.token_endpoint, form=form, headers=headers)
    answer = _object_in(content)
    token = answer.get("id_token")
    if status != 200:
        raise CodeRefused(_error_code(answer.get("error")))
    if not isinstance(token, str):
        raise Unreachable("gives no ID token")
    return token


def _error_code(said: object) -> str:
    return said if isinstance(said, str) and ERROR_CODE.fullmatch(said) else "refused"


def _object_in(content: bytes) -> dict[str, Any]:
    try:
        found = strict_json(content.decode())
    except (ValueError, RecursionError) as error:
        raise Unreachable("does not answer in JSON") from error
    if not isinstance(found, dict):
        raise Unreachable("does not answer with a JSON object")
    return found


def _kept(address: str) -> dict[str, Any]:
    """What stands at the address, asked for at most every ten minutes; and who failed is left in peace for a moment."""
    name = _name_of(address)
    found = cache.get(name)
    if found is None:
        found = _fetched(address)
        cache.set(name, found, KEPT if isinstance(found, dict) else FAILURE_KEPT)
    if not isinstance(found, dict):
        raise Unreachable(found)
    return found


def _fetched(address: str) -> dict[str, Any] | str:
    """What stands at the address, or in a few words why it cannot be had."""
    try:
        status, content = ask(address)
        if status != 200:
            return f"answers {status}"
        return _object_in(content)
    except Unreachable as failure:
        return str(failure)


def _name_of(address: str) -> str:
    return f"portal.openid:{hashlib.sha256(address.encode()).hexdigest()}"
