"""Keys of places, the same from import to import."""

import hashlib
import re


def site_key(name: str, postcode: str | None, address: str) -> str:
    """A key made of name, postcode and address, deaf to capitals and punctuation, for files without one of their
    own.
    """
    plain = "|".join(re.sub(r"[^a-z0-9]+", "", part.casefold()) for part in (name, postcode or "", address))
    return f"site:{hashlib.sha256(plain.encode()).hexdigest()[:32]}"


def place_key(name: str, postcode: str | None) -> str:
    """A key for the same place in files of different publishers: its postcode and the words of its name that tell."""
    words = re.findall(r"[a-z0-9]+", name.casefold().replace("'", "").replace("’", ""))
    telling = [word for word in words if word not in _WORDS_OF_A_KIND]
    return f"{(postcode or '').replace(' ', '').casefold()}:{'-'.join(telling or words)}"[:120]


_WORDS_OF_A_KIND = frozenset(
    ("the", "and", "care", "home", "nursing", "residential", "rest", "centre", "limited", "ltd", "for", "of", "house")
)
