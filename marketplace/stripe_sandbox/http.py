"""The outside of a request: who is asking, for which account, in which version of the API."""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Request

from .errors import ApiError, not_valid
from .params import decode_form, decode_json
from .settings import API_VERSION, PLATFORM_ACCOUNT

Json = dict[str, Any]

VERSION = re.compile(r"^\d{4}-\d{2}-\d{2}(\.[a-z]+)?(;.*)?$")
MAX_KEY_LENGTH = 255
FILE = "file"


@dataclass(frozen=True)
class Call:
    """What a request asks for, decoded."""

    method: str
    path: str
    account: str
    version: str
    idempotency_key: str | None
    values: Json

    @property
    def fingerprint(self) -> str:
        """The same for the same parameters, whatever their order."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()


def _not_authenticated(message: str) -> ApiError:
    return ApiError(message, status=401, remembered=False)


def check_key(header: str) -> None:
    """Any secret test key will do; a live key never does."""
    scheme, _, rest = header.partition(" ")
    key = rest.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if scheme.lower() not in ("bearer", "basic") or not key:
        raise _not_authenticated(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    if key.startswith(("sk_live_", "rk_live_", "pk_live_")):
        raise _not_authenticated(
            "A live key was sent to the Stripe sandbox, and was not kept. The sandbox takes only test keys, beginning "
            "sk_test_."
        )
    if key.startswith("pk_test_"):
        raise _not_authenticated("This API call cannot be made with a publishable API key. Use a secret API key.")
    if not key.startswith(("sk_test_", "rk_test_")):
        raise _not_authenticated("Invalid API Key provided. The sandbox takes any key beginning sk_test_.")


def read_call(request: Request) -> Call:
    """The decoded request; raises what is wrong with its outside."""
    check_key(request.headers.get("Authorization", ""))
    version = request.headers.get("Stripe-Version", API_VERSION)
    if not VERSION.match(version):
        raise not_valid(f"Invalid Stripe API version: {version[:50]}")
    key = request.headers.get("Idempotency-Key") or None
    if key is not None and len(key) > MAX_KEY_LENGTH:
        raise not_valid(f"Idempotency keys are at most {MAX_KEY_LENGTH} characters long.")
    in_body = request.method == "POST"
    return Call(
        method=request.method,
        path=request.path,
        account=request.headers.get("Stripe-Account") or request.headers.get("Stripe-Context") or PLATFORM_ACCOUNT,
        version=version,
        idempotency_key=key if in_body else None,
        values=_values(request, in_body),
    )


def _values(request: Request, in_body: bool) -> Json:
    """Parameters of the address or of the body; of a file that was sent, its name, beginning, length, digest."""
    if in_body and request.path.startswith("/v2/"):
        return decode_json(request.get_data(as_text=True))
    if request.mimetype != "multipart/form-data":
        return decode_form(request.get_data(as_text=True) if in_body else request.query_string.decode())
    values = decode_form(urlencode(list(request.form.items(multi=True))))
    sent = request.files.get(FILE)
    if sent is not None:
        content = sent.read()
        values[FILE] = {
            "filename": sent.filename,
            "begins": content[:8].hex(),
            "size": len(content),
            "digest": hashlib.sha256(content).hexdigest(),
        }
    return values
