"""How passwords are kept, and which may be chosen."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from flask import current_app

from marketplace.accounts.errors import BadPassword

SHORTEST, LONGEST = 10, 200


@dataclass(frozen=True)
class Parameters:
    """Argon2id's costs: memory in KiB, passes over it, lanes."""

    memory_kib: int
    passes: int
    lanes: int


PARAMETERS = Parameters(memory_kib=19 * 1024, passes=2, lanes=1)
"""The least that OWASP's Password Storage Cheat Sheet advises for Argon2id. Dearer ones may be set here at any time: a
password is hashed anew the next time that its owner signs in."""
FOR_TESTS = Parameters(memory_kib=8, passes=1, lanes=1)


def hash_password(password: str) -> str:
    """The text to keep for a password."""
    return _hasher(_parameters()).hash(_normal(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one of `password_hash`. Without a hash it is not, and takes as long to say so."""
    parameters = _parameters()
    try:
        _hasher(parameters).verify(password_hash or _nobodys_hash(parameters), _normal(password))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


def is_dated(password_hash: str) -> bool:
    """Whether a hash was made with other costs than those of now."""
    return _hasher(_parameters()).check_needs_rehash(password_hash)


def judge(password: str, email: str) -> None:
    """Raises BadPassword, on the field `password`, for one that others would guess. Any characters may be used."""
    normal = _normal(password)
    if len(normal) < SHORTEST:
        raise BadPassword(f"Use {SHORTEST} characters or more", field="password")
    if len(normal) > LONGEST:
        raise BadPassword(f"Use {LONGEST} characters or fewer", field="password")
    plain = normal.casefold()
    if plain in (email.casefold(), email.casefold().partition("@")[0]):
        raise BadPassword("Choose a password that is not your email address", field="password")
    if len(set(plain)) < 3 or plain in _common():
        raise BadPassword("Many people use that password. Choose one that is harder to guess", field="password")


def _normal(password: str) -> str:
    """One spelling for what looks the same, so that a password typed on another keyboard still fits."""
    return unicodedata.normalize("NFKC", password)


def _parameters() -> Parameters:
    return FOR_TESTS if current_app.extensions["settings"].testing else PARAMETERS


@lru_cache
def _hasher(parameters: Parameters) -> PasswordHasher:
    return PasswordHasher(time_cost=parameters.passes, memory_cost=parameters.memory_kib, parallelism=parameters.lanes)


@lru_cache
def _nobodys_hash(parameters: Parameters) -> str:
    return _hasher(parameters).hash("the password of nobody")


@lru_cache
def _common() -> frozenset[str]:
    text = (files("marketplace.accounts") / "data" / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
