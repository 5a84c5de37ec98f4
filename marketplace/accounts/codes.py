"""Codes that prove who somebody is: from an app on their phone (RFC 6238), in a letter, or kept on paper. Pure.

What an app and we both know is kept encrypted by a key that comes from the installation's SECRET_KEY, which is in no
database. Codes in letters and on paper are kept as keyed digests alone.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from markupsafe import Markup

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
SET_UP_WITHIN = timedelta(hours=1)
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


def new_secret() -> bytes:
    """What a new app and we are to know."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(secret: bytes, code: str, now: datetime, *, after: int = 0) -> int | None:
    """The half minute that a code of an app belongs to; None for a wrong one.

    A phone's clock may be half a minute early or late. `after` is the last half minute whose code was taken: no code is
    taken twice, and none that is older.
    """
    totp = _totp(secret)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if step > after and hmac.compare_digest(totp.generate(step * STEP_SECONDS), code.encode()):
            return step
    return None


def address_for_app(secret: bytes, account: str, service: str) -> str:
    """What the square of an app says, and what opens the app on the phone itself."""
    return _totp(secret).get_provisioning_uri(account, service)


def square(address: str) -> Markup:
    """An address as a QR code to point a phone at: SVG to put into a page."""
    drawn = segno.make(address, error="m", micro=False)
    return Markup(drawn.svg_inline(scale=5, border=4, dark="#000", light="#fff", title="Square to point your app at"))  # noqa: S704 - drawn by segno, which escapes


def key_to_type(secret: bytes) -> str:
    """What somebody types into an app that cannot see the square, in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def new_emailed_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def new_recovery_codes() -> list[str]:
    """Codes for whoever lost their phone, each for one use, such as `k7xq-m2ph-9dwa`."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)) for _ in range(RECOVERY_CODES)
    ]


def plain(typed: str) -> str:
    """What was typed without the blanks and dashes that people put in, in small letters."""
    return "".join(each for each in typed.lower() if each.isalnum())


def digest(key: str, owner: object, code: str) -> str:
    """What is kept of a code that is `owner`'s: worth nothing without the key of the installation."""
    return hmac.new(_derived(key, b"codes"), f"{owner}:{plain(code)}".encode(), hashlib.sha256).hexdigest()


def seal(key: str, user_id: int, secret: bytes, now: datetime) -> str:
    """A secret for the database or a hidden field, readable with the key of the installation alone."""
    return _box(key).encrypt_at_time(f"{user_id}:".encode() + secret, int(now.timestamp())).decode()


def unseal(key: str, user_id: int, sealed: str, *, made_after: datetime | None = None) -> bytes | None:
    """The secret that was sealed for this user; None when it is another's, too old, or of another installation."""
    try:
        opened = _box(key).decrypt(sealed)
        made_at = _box(key).extract_timestamp(sealed)
    except (InvalidToken, ValueError):
        return None
    owner, _, secret = opened.partition(b":")
    if owner != str(user_id).encode() or (made_after is not None and made_at < made_after.timestamp()):
        return None
    return secret


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - what every app speaks


def _box(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(key, b"apps")))


def _derived(key: str, what: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"marketplace accounts " + what).derive(key.encode())
