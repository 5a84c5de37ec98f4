"""References that people read aloud, tokens that nobody guesses, and ids known before the row is written."""

import secrets
import time

_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A reference such as `K7QM-4TXR`: no vowels, no letters that look like digits; 28^8 possibilities."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def new_token() -> str:
    """A secret of 256 bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def new_id() -> int:
    """A positive 63-bit id that grows with time: milliseconds, then 20 random bits."""
    return (time.time_ns() // 1_000_000 << 20) | secrets.randbits(20)
