"""Dates in boxes, as people write them: day, month, year. A month may be typed as a number or a word."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

import wtforms
from wtforms.utils import unset_value

from marketplace.kernel.clock import MONTHS
from marketplace.kernel.errors import NotFound
from marketplace.ui.widgets import DatePartsWidget

_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def month_of_address(text: str) -> date:
    """The first day of the month that an address names as 2026-04. Raises NotFound for what no calendar of ours has."""
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
    year, month = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= 12):
        raise NotFound()
    return date(year, month, 1)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def _month(text: str) -> int | None:
    word = text.lower().rstrip(".")
    named = [place for place, name in enumerate(MONTHS, 1) if len(word) >= 3 and name.lower().startswith(word)]
    return named[0] if named else _number(text)


class DatePartsField(wtforms.Field):
    """A date in parts. They arrive as `name-day`, `name-month`, `name-year`, or in one text, `2026-04-14`, as `name`.

    `parts` keeps what was typed and `wrong_parts` says which boxes to mark.
    """

    widget = DatePartsWidget()
    part_names: ClassVar[tuple[str, ...]]
    sentence: ClassVar[str]
    iso: ClassVar[re.Pattern[str]]

    def __init__(
        self, label: str, *args: Any, hint: str = "", govuk: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("description", hint)
        super().__init__(label, *args, **kwargs)
        self.govuk_params = dict(govuk or {})
        self.parts: dict[str, str] = {}
        self.wrong_parts: tuple[str, ...] = ()

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.parts = {}
        self.wrong_parts = self.part_names
        if formdata is not None:
            for part in self.part_names:
                name = f"{self.name}-{part}"
                if name in formdata:
                    self.parts[part] = formdata.get(name).strip()
            found = self.iso.fullmatch(formdata.get(self.name, "").strip()) if not self.parts else None
            if found:
                self.parts = {part: found[part].lstrip("0") for part in self.part_names}
            elif not self.parts and formdata.get(self.name, "").strip():
                self.parts = {self.part_names[0]: formdata.get(self.name).strip()}
        one_text = None if formdata is None else _OneText(self.name, self._typed() if self.parts else None)
        super().process(one_text, data, extra_filters)
        if not self.parts and self.data is not None:
            self.parts = {part: str(getattr(self.data, part)) for part in self.part_names}

    def _typed(self) -> str:
        return " ".join(text for text in (self.parts.get(part, "") for part in self.part_names) if text)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if not valuelist or not valuelist[0]:
            return
        missing = tuple(part for part in self.part_names if not self.parts.get(part))
        if missing:
            self.wrong_parts = missing
            raise ValueError(self.sentence)
        self.data = self._read()

    def _read(self) -> date:
        day = _number(self.parts.get("day", "1"))
        month = _month(self.parts["month"])
        year = _number(self.parts["year"])
        if year is not None and not _FIRST_YEAR <= year <= _LAST_YEAR:
            self.wrong_parts = ("year",)
            raise ValueError("Enter the year in four digits, like 2026")
        try:
            return date(year or 0, month or 0, day or 0)
        except ValueError:
            raise ValueError(self.sentence) from None


class _OneText:
    """The parts as the one value that WTForms' validators look at: empty only when every box is."""

    def __init__(self, name: str, text: str | None) -> None:
        self._name, self._text = name, text

    def __contains__(self, name: str) -> bool:
        return name == self._name and self._text is not None

    def getlist(self, name: str) -> list[str]:
        return [] if self._text is None else [self._text]


class UkDateField(DatePartsField):
    """Day, month and year; `data` is a `date`."""

    part_names = ("day", "month", "year")
    sentence = "Enter a date with a day, a month and a year, like 14 4 2026"
    iso = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")


class MonthField(DatePartsField):
    """Month and year; `data` is the month's first day."""

    part_names = ("month", "year")
    sentence = "Enter a month and a year, like 4 2026"
    iso = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})(?:-\d{2})?")
