"""Secrets that the console has to say again, kept encrypted (AES-256-GCM) under a key that SECRET_KEY gives."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_LENGTH = 12
PURPOSE = b"privacy-console: sealed secrets"


class NotOpened(Exception):
    """The secret was sealed under another SECRET_KEY, or for something else."""


def seal(secret: str, *, of: str) -> str:
    """The secret encrypted, base64. of: whose it is; under another name it does not open."""
    nonce = os.urandom(NONCE_LENGTH)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, secret.encode(), of.encode())).decode()


def unseal(sealed: str, *, of: str) -> str:
    """The secret again. Raises NotOpened."""
    content = base64.b64decode(sealed)
    try:
        return _cipher().decrypt(content[:NONCE_LENGTH], content[NONCE_LENGTH:], of.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise NotOpened from error


def _cipher() -> AESGCM:
    key = HKDF(SHA256(), length=32, salt=None, info=PURPOSE)
    return AESGCM(key.derive(str(settings.SECRET_KEY).encode()))
