"""Signatures that anybody can check without trusting the console: Ed25519 (RFC 8032) over exact bytes."""

from __future__ import annotations

import base64
import hashlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SEED_LENGTH = 32


def sign(content: bytes) -> str:
    """The installation's signature over the bytes, base64."""
    return base64.b64encode(_private_key().sign(content)).decode()


def public_key() -> bytes:
    """The 32 bytes that check signatures; they may be given to everybody."""
    return _private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id() -> str:
    """Names the key: SHA-256 of the public one, its first 32 hexadecimal digits."""
    return hashlib.sha256(public_key()).hexdigest()[:32]


def is_signed(content: bytes, signature: str, by: bytes) -> bool:
    """Whether the signature is the public key `by`'s over exactly these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(by).verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private_key() -> Ed25519PrivateKey:
    return _key_of(settings.SIGNING_KEY, str(settings.SIGNING_KEY_FILE))


@lru_cache(maxsize=4)
def _key_of(given: str, path: str) -> Ed25519PrivateKey:
    try:
        seed = base64.b64decode(given, validate=True) if given else _seed_in(Path(path))
        return Ed25519PrivateKey.from_private_bytes(seed)
    except ValueError as error:
        raise ImproperlyConfigured(
            "SIGNING_KEY is no key: it must be 32 random bytes in base64, for example: "
            'python3 -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())"'
        ) from error


def _seed_in(path: Path) -> bytes:
    """The key in the file, made at the first use; whoever comes first makes it for all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    seed = os.urandom(SEED_LENGTH)
    with os.fdopen(file, "wb") as writer:
        writer.write(seed)
    return seed
