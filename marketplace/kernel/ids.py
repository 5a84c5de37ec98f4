"""References that people read aloud, tokens that nobody guesses, and ids known before the row is written."""

import secrets
import time

LONGEST_ID = 18
"""In figures: every number of so many fits a row of either database."""
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A reference such as `K7QM-4TXR`: no vowels, no letters that look like digits; 28^8 possibilities."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def find_id(text: str | None) -> int | None:
    """The id that a form or an address names in figures; None for what is no number, or longer than any id."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None


def new_token() -> str:
    """A secret of 256 bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def new_id() -> int:
    """A positive 63-bit id that grows with time: milliseconds, then 20 random bits."""
    return (time.time_ns() // 1_000_000 << 20) | secrets.randbits(20)
