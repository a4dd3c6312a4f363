"""Whether an ID token is the provider's, for us, for this very sign-in, and of now (Core 1.0 §3.1.3.7)."""

from __future__ import annotations

import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from portal.openid.provider import Configuration, keys_of

# Signatures by a private key only: a token "signed" with what everybody can read is none.
ALGORITHMS = ("RS256", "ES256")
KEY_TYPES = ("RSA", "EC")
LARGEST_TOKEN = 32 * 1024
# Seconds that the provider's clock may be ahead of ours, or behind.
LEEWAY = 120


class NotGenuine(Exception):
    """The token proves nothing; `str()` names what is wrong with it, in a word or two."""


def claims_of(
    token: str, configuration: Configuration, *, client_id: str, nonce: str, directory: str = ""
) -> dict[str, Any]:
    """What the token says, once every check has passed. directory: the `tid` that it must have, where not empty.

    Raises NotGenuine, and Unreachable where the provider's keys cannot be had.
    """
    if len(token) > LARGEST_TOKEN:
        raise NotGenuine("too long")
    claims = _signed_claims(token, configuration)
    _check(claims, configuration.issuer, client_id)
    if claims.get("nonce") != nonce:
        raise NotGenuine("nonce")
    _check_parties(claims, client_id)
    if directory and str(claims.get("tid")).lower() != directory.lower():
        raise NotGenuine("tid")
    return claims


def _signed_claims(token: str, configuration: Configuration) -> dict[str, Any]:
    def key_of(signed: Any) -> Any:
        header = signed.headers()
        found = keys_of(configuration, holding=lambda keys: len(_fitting(keys, header)) == 1)
        fitting = _fitting(found, header)
        if len(fitting) != 1:
            raise NotGenuine("unknown key")
        return JWKRegistry.import_key(fitting[0])

    try:
        return jwt.decode(token, key_of, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise NotGenuine("signature") from error


def _fitting(keys: list[Any], header: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the keys that can have signed. A token that names none needs a provider with a single one."""
    usable = [
        key
        for key in keys
        if isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"
    ]
    named = header.get("kid")
    return usable if named is None else [key for key in usable if key.get("kid") == named]


def _check(claims: dict[str, Any], issuer: str, client_id: str) -> None:
    registry = jwt.JWTClaimsRegistry(
        now=lambda: int(time.time()),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as error:
        raise NotGenuine(str(getattr(error, "claim", "") or "claims")) from error


def _check_parties(claims: dict[str, Any], client_id: str) -> None:
    """A token for several parties says for whom it was made."""
    audience, party = claims["aud"], claims.get("azp")
    is_shared = isinstance(audience, list) and len(audience) > 1
    if (is_shared or party is not None) and party != client_id:
        raise NotGenuine("azp")
