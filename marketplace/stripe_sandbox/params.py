"""Parameters of a request: nested forms (`a[b][0]=c`) into plain values, then typed reading that says what is wrong."""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .errors import missing, not_valid, unknown_parameter

Json = dict[str, Any]

KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")
MAX_DEPTH = 8


def decode_form(text: str) -> Json:
    """`a[b]=1&c[0]=x&d[]=y` becomes `{"a": {"b": "1"}, "c": ["x"], "d": ["y"]}`."""
    tree: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True, max_num_fields=2_000):
        match = KEY.match(key)
        if match is None:
            raise not_valid(f"Invalid form key: {key}", key)
        path = [match[1], *PART.findall(match[2])]
        if len(path) > MAX_DEPTH:
            raise not_valid(f"Parameter nested too deeply: {key}", key)
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(_place(branch, name), {})
            if not isinstance(branch, dict):
                raise not_valid(f"Parameter {key} is both a value and an object", key)
        last = _place(branch, path[-1])
        if isinstance(branch.get(last), dict):
            raise not_valid(f"Parameter {key} is both a value and an object", key)
        branch[last] = value
    return {key: _lists(value) for key, value in tree.items()}


def _place(branch: Json, name: str) -> str:
    return name if name else str(len(branch))


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(item) for key, item in value.items()}


def encode_form(values: Json) -> str:
    """The other way round, for values and lists of them."""
    pairs = [
        (f"{key}[{place}]" if isinstance(value, list) else key, item)
        for key, value in values.items()
        for place, item in enumerate(value if isinstance(value, list) else [value])
    ]
    return urlencode(pairs)


def decode_json(text: str) -> Json:
    """A body of version 2 of the API, its values as a form would have sent them."""
    try:
        body = json.loads(text or "{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise not_valid("The request body is not valid JSON.")
    plain: Json = _plain(body)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


class Params:
    """Typed reading of decoded parameters. An empty text means "not set", as at Stripe."""

    def __init__(self, values: Json, prefix: str = "") -> None:
        self.values = values
        self.prefix = prefix

    def name(self, key: str) -> str:
        """The parameter's full name, as an error should say it."""
        return f"{self.prefix}[{key}]" if self.prefix else key

    def allow(self, names: Iterable[str]) -> None:
        """Refuse every parameter that is not among the names."""
        for key in self.values:
            if key not in names:
                raise unknown_parameter(self.name(key))

    def given(self, key: str) -> bool:
        """Whether the parameter was sent at all, even empty."""
        return key in self.values

    def text(
        self, key: str, default: str | None = None, *, choices: Iterable[str] = (), most: int = 5_000
    ) -> str | None:
        """A text, one of the choices when there are any."""
        value = self.values.get(key, "")
        if isinstance(value, (dict, list)):
            raise not_valid(f"Invalid string: {value}", self.name(key))
        if value == "":
            return default
        if len(value) > most:
            raise not_valid(f"Invalid string: {self.name(key)} must be at most {most} characters", self.name(key))
        if choices and value not in choices:
            wanted = ", ".join(choices)
            raise not_valid(f"Invalid {self.name(key)}: must be one of {wanted}", self.name(key))
        return str(value)

    def required(self, key: str, *, choices: Iterable[str] = ()) -> str:
        """A text that must be there."""
        value = self.text(key, choices=choices)
        if value is None:
            raise missing(self.name(key))
        return value

    def integer(self, key: str, default: int | None = None, *, least: int = 0) -> int | None:
        """A whole number."""
        value = self.text(key)
        if value is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,15}", value):
            raise not_valid(f"Invalid integer: {value}", self.name(key), "parameter_invalid_integer")
        if int(value) < least:
            message = f"This value must be greater than or equal to {least}."
            raise not_valid(message, self.name(key), "parameter_invalid_integer")
        return int(value)

    def boolean(self, key: str, default: bool = False) -> bool:
        """`true` or `false`."""
        value = self.text(key)
        if value is None:
            return default
        if value not in ("true", "false"):
            raise not_valid(f"Invalid boolean: {value}", self.name(key))
        return value == "true"

    def child(self, key: str) -> "Params":
        """The parameters below one name."""
        value = self.values.get(key, {})
        if value == "":
            value = {}
        if isinstance(value, list):
            value = {str(place): item for place, item in enumerate(value)}
        if not isinstance(value, dict):
            raise not_valid("Invalid object", self.name(key))
        return Params(value, self.name(key))

    def children(self, key: str) -> list["Params"]:
        """A list of parameter groups."""
        value = self.values.get(key, [])
        if value == "":
            value = []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise not_valid("Invalid array", self.name(key))
        return [Params(item, f"{self.name(key)}[{place}]") for place, item in enumerate(value)]

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        value = self.values.get(key, [])
        if value == "":
            value = []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise not_valid("Invalid array", self.name(key))
        return list(value)

    def metadata(self, before: Json | None = None) -> dict[str, str]:
        """Metadata merged into what was there: an empty value removes a key, an empty whole removes all."""
        merged = dict(before or {})
        if self.values.get("metadata") == "":
            return {}
        sent = self.child("metadata").values
        for key, value in sent.items():
            if not isinstance(value, str):
                raise not_valid("Metadata values must be strings", f"metadata[{key}]")
            if len(key) > 40 or len(value) > 500:
                raise not_valid("Metadata keys have up to 40 characters, values up to 500", f"metadata[{key}]")
            if value == "":
                merged.pop(key, None)
            else:
                merged[key] = value
        if len(merged) > 50:
            raise not_valid("Metadata can have at most 50 keys", "metadata")
        return merged
