"""Forms and links of a page, as a browser without JavaScript sees them, and how a person fills a form in."""

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import parse_qsl, urlsplit

from marketplace.kernel import clock
from tests.pictures import PDF


@dataclass
class Field:
    """One name in a form: what kind of field, the value that it has, and what else may be chosen."""

    name: str
    kind: str
    is_number: bool = False
    values: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


@dataclass
class Form:
    """Where a form goes, how, with which fields; `buttons` are the named ones, one of which is pressed."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Page:
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.page = address, Page()
        self.form: Form | None = None
        self.select: Field | None = None
        self.area: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith("/"):
            self.page.links.append(given["href"])
        elif tag == "form":
            self.form = Form(given.get("action") or self.address, given.get("method", "get").upper())
            self.page.forms.append(self.form)
        elif self.form is not None and given.get("name"):
            self._field(tag, given)
        elif tag == "option" and self.select is not None:
            self.select.choices.append(given.get("value", ""))
            if "selected" in given:
                self.select.values = [given.get("value", "")]

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self.form is not None
        name, kind = given["name"], given.get("type", "text" if tag == "input" else tag)
        if tag == "button" or kind == "submit":
            self.form.buttons.append((name, given.get("value", "")))
            return
        is_number = kind == "number" or given.get("inputmode") in ("numeric", "decimal")
        one = self.form.fields.setdefault(name, Field(name, kind, is_number))
        if kind in ("radio", "checkbox"):
            one.choices.append(given.get("value", "on"))
            if "checked" in given:
                one.values.append(given.get("value", "on"))
        elif tag == "select":
            self.select = one
        elif tag == "textarea":
            self.area = one
        elif tag == "input" and kind != "file":
            one.values = [given.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self.area is not None and data.strip():
            self.area.values = [data.strip()]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None


def read(html: str, address: str) -> Page:
    reader = _Reader(address)
    reader.feed(html)
    return reader.page


def query_of(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)


def as_data(sent: list[tuple[str, str]]) -> dict[str, list[object]]:
    """What the test client sends: all values of each name."""
    data: dict[str, list[object]] = {}
    for name, value in sent:
        data.setdefault(name, []).append((BytesIO(PDF), "paper.pdf") if value == FILE else value)
    return data


FILE = "a file"
_SOON = 40
_WORDS = {
    "email": "somebody@example.org",
    "postcode": "DL3 7TX",
    "place": "DL3 7TX",
    "phone": "01632 960 100",
    "sort_code": "10-20-30",
    "account_number": "12345678",
    "website": "https://example.org",
    "vat_number": "GB123456789",
    "code": "123456",
    "month": "2026-01",
}


def filled_in(form: Form, known: dict[str, str], button: tuple[str, str] | None) -> list[tuple[str, str]]:
    """What is sent when somebody fills in all of it and presses a button; `known` says what they write in a field.

    A file is sent as the word FILE, for `as_data` to put one in.
    """
    sent = [button] if button else []
    soon = clock.today() + timedelta(days=_SOON)
    for one in form.fields.values():
        base, _, part = one.name.rpartition("-")
        if one.kind == "file":
            sent.append((one.name, FILE))
        elif one.values and any(one.values):
            sent += [(one.name, value) for value in one.values]
        elif one.choices:
            offered = [choice for choice in one.choices if choice]
            sent += [(one.name, choice) for choice in (offered if one.kind == "checkbox" else offered[:1])]
        elif one.kind == "hidden":
            sent.append((one.name, ""))
        elif base and part in ("day", "month", "year"):
            sent.append((one.name, str(getattr(soon, part))))
        elif one.name in known:
            sent.append((one.name, known[one.name]))
        else:
            sent.append((one.name, _WORDS.get(one.name, _WORDS.get(one.kind, "10" if one.is_number else "Words"))))
    return sent
