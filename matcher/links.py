"""Capability tokens for letters: random, stored hashed, single purpose, expiring; and the form tokens bound to them (security 3)."""

import hmac
import secrets
from hashlib import sha256

from matcher.crypto import Vault

TOKEN_CHARACTERS = 43
"""Length of 256 random bits in URL-safe base64 without padding."""


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What the database holds of a token: a dump of it opens nothing."""
    return sha256(token.encode()).digest()


def new_code() -> str:
    """A sign-in code: six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def form_token(vault: Vault, holder: str, form: str) -> str:
    """Binds a form to the link or sign-in (`holder`: its token) that showed it. Needs no cookie and no row."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_signature(vault, holder, form, nonce)}"


def is_form_token(vault: Vault, holder: str, form: str, given: str) -> bool:
    """Whether this form was shown to this holder. Takes the same time for every wrong token."""
    nonce, _, signature = given.partition(".")
    return hmac.compare_digest(signature.encode(), _signature(vault, holder, form, nonce).encode())


def _signature(vault: Vault, holder: str, form: str, nonce: str) -> str:
    return vault.keyed_hash("form", f"{holder}|{form}|{nonce}").hex()[:43]
