"""Field encryption under per-person keys, wrapped by master keys, and the keyed hashes made from the identity key (security 5)."""

import base64
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from matcher.domain.errors import Misconfigured
from matcher.domain.sealed import PersonKey, Sealed

KEY_BYTES = 32
NONCE_BYTES = 12


class Unreadable(Exception):
    """A stored value does not open: it was moved, damaged, or its key is gone. Never shown as an empty field."""


def _encrypt(key: bytes, version: int, plain: bytes, place: str) -> bytes:
    """Key version (1 byte), random nonce (12), cipher text and tag (16): 29 bytes more than the text."""
    nonce = os.urandom(NONCE_BYTES)
    return bytes([version]) + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def _decrypt(key: bytes, box: bytes, place: str) -> bytes:
    try:
        return AESGCM(key).decrypt(box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :], place.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable(place.split(":")[0]) from error


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """The keys of one installation. `masters` maps a key's id (1 to 255) to its 32 bytes; the first one wraps, all of them open."""

    masters: Mapping[int, bytes]
    identity: bytes

    def new_key(self, person_id: UUID) -> PersonKey:
        """A fresh 256-bit key for one person, wrapped by the first master key."""
        master_id = next(iter(self.masters))
        wrapped = _encrypt(self.masters[master_id], master_id, os.urandom(KEY_BYTES), f"person_keys.wrapped:{person_id}")
        return PersonKey(person_id, wrapped)

    def _opened(self, key: PersonKey) -> bytes:
        master = self.masters.get(key.wrapped[0])
        if master is None:
            raise Unreadable(f"master key {key.wrapped[0]} is not among MASTER_KEYS")
        return _decrypt(master, key.wrapped, f"person_keys.wrapped:{key.person_id}")

    def seal(self, key: PersonKey, place: str, value: Mapping[str, Any]) -> bytes:
        """Encrypt a JSON object under a person's key, bound to `table.column:id`."""
        return self.seal_bytes(key, place, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def seal_bytes(self, key: PersonKey, place: str, plain: bytes) -> bytes:
        """Encrypt bytes (a frozen letter) under a person's key, bound to their place."""
        return _encrypt(self._opened(key), 1, plain, place)

    def open(self, sealed: Sealed) -> dict[str, Any]:
        """The JSON object inside. Raises Unreadable when it was moved, damaged or its person forgotten."""
        return cast(dict[str, Any], json.loads(self.open_bytes(sealed)))

    def open_bytes(self, sealed: Sealed) -> bytes:
        """The bytes inside (a frozen letter). Raises Unreadable."""
        return _decrypt(self._opened(sealed.key), sealed.box, sealed.place)

    def keyed_hash(self, purpose: str, text: str) -> bytes:
        """32 bytes that only this installation can compute: blind index, limits, Message-IDs, form tokens, each with a key of its own."""
        return hmac.digest(_derived(self.identity, purpose), text.encode(), sha256)

    def blind_index(self, address: str) -> bytes:
        """What an e-mail address is looked up and kept unique by; the address itself stands in no index."""
        return self.keyed_hash("address", address.strip().casefold())


@cache
def _derived(identity: bytes, purpose: str) -> bytes:
    """The key of one purpose: derived once, a page needs it several times. Purposes are words of ours, so there are few."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"alongside {purpose}".encode()).derive(identity)


def read_key(text: str, name: str) -> bytes:
    """A 32-byte key written in base64. Raises Misconfigured naming the setting, never its value."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Misconfigured(f"{name} must be 32 random bytes written in base64 (make one with: openssl rand -base64 32).")
    return key


def read_master_keys(text: str) -> dict[int, bytes]:
    """`1:BASE64` or `2:BASE64,1:BASE64`: the first wraps, the others only open."""
    keys: dict[int, bytes] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        number, _, value = part.partition(":")
        if not number.isdigit() or not 1 <= int(number) <= 255 or int(number) in keys:
            raise Misconfigured("MASTER_KEYS must be a list such as 1:BASE64 or 2:BASE64,1:BASE64, with different numbers from 1 to 255.")
        keys[int(number)] = read_key(value, f"Key {number} of MASTER_KEYS")
    if not keys:
        raise Misconfigured("MASTER_KEYS is empty: give at least one key, such as 1:BASE64.")
    return keys
