"""Which heading means what, and one row's cells as a budget, or as a sentence that says what to change."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from budgets.domain.allocations import Every, pence_until
from budgets.loading.reading import UnreadableFile, heading_key
from budgets.loading.totals import read_number
from marketplace.kernel.money import parse_pounds
from marketplace.kernel.places import InvalidPostcode, normalise_postcode
from marketplace.kernel.rails import Rail

REQUIRED = ("reference", "person_reference", "name", "rail", "amount", "starts_on", "ends_on")
OPTIONAL = ("every", "contribution", "postcode", "pot", "review_on", "isf_holder", "council")
FIELDS = (*REQUIRED, *OPTIONAL)
MOST_PENCE = 100_000_000
DEFAULT_POT = "Personal budget"

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "reference": ("budget reference", "budget ref", "budget id", "ref", "agreement reference", "package reference"),
    "person_reference": (
        "person ref",
        "person id",
        "client reference",
        "client ref",
        "client id",
        "service user id",
        "service user reference",
        "citizen id",
        "mosaic id",
        "liquidlogic id",
        "las id",
        "abacus id",
    ),
    "name": ("person", "person name", "full name", "client name", "service user", "service user name"),
    "postcode": ("post code", "postal code", "home postcode"),
    "rail": (
        "method",
        "payment method",
        "funding",
        "funding type",
        "deployment",
        "paid how",
        "budget type",
        "type",
        "way of paying",
    ),
    "pot": ("pot name", "purpose", "budget part", "service type"),
    "amount": (
        "annual amount",
        "yearly amount",
        "annual budget",
        "allocation",
        "total",
        "budget",
        "value",
        "amount gbp",
    ),
    "every": ("frequency", "amount frequency", "payment frequency", "paid every", "how often"),
    "contribution": ("client contribution", "person contribution", "net contribution", "assessed contribution"),
    "starts_on": ("start", "start date", "starts", "from", "date from", "valid from"),
    "ends_on": ("end", "end date", "ends", "to", "date to", "valid to", "until"),
    "review_on": ("review", "review date", "next review", "review due"),
    "isf_holder": ("isf provider", "holder", "fund holder"),
    "council": ("council code", "gss code", "local authority", "authority"),
}
HEADINGS: dict[str, str] = {
    heading_key(spelling): field for field in FIELDS for spelling in (field, *_SPELLINGS.get(field, ()))
}

_RAILS = {
    Rail.DIRECT_PAYMENT: ("direct payment", "direct payments", "dp", "cash"),
    Rail.COUNCIL_MANAGED: ("council managed", "managed", "council", "managed budget", "commissioned", "cmb"),
    Rail.ISF: ("isf", "individual service fund", "service fund"),
}
_RAIL_OF = {heading_key(word): rail for rail, words in _RAILS.items() for word in (rail.value, *words)}
_EVERY = {
    Every.WEEK: ("week", "weekly", "every week", "a week", "w", "1"),
    Every.FOUR_WEEKS: ("four weeks", "four weekly", "every four weeks", "4 weeks", "4 weekly", "4w", "4"),
    Every.YEAR: ("year", "yearly", "annual", "annually", "every year", "a year", "y", "52"),
}
_EVERY_OF = {heading_key(word): every for every, words in _EVERY.items() for word in (every.value, *words)}
_ONCE = frozenset(("", "once", "total", "period", "oneoff", "lumpsum"))
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: 00:00(?::00)?)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[ T]00:00(?::00)?)?")
# As Excel shows dates in English: 1-Apr-26, 01 April 2026.
_MONTH_NAMED = re.compile(r"(\d{1,2})[ /.-]([A-Za-z]{3,9})[ /.-](\d{2}|\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FORMULA_MARKS = ("=", "+", "@")
_EXCEL_NUMBER = re.compile(r"[34]\d{4}|5[0-4]\d{3}")


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One row of a file, read and in order by itself. `amount_pence` is what is agreed for all of its days."""

    row_number: int
    reference: str
    person_reference: str
    name: str
    postcode: str | None
    rail: Rail
    pot: str
    amount_pence: int
    starts_on: date
    ends_on: date
    review_on: date | None
    isf_holder: str | None
    council: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was left out, with what to do about it. Never carries a name."""

    row_number: int
    reference: str
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        return " ".join(self.reasons)


def parse_map(text: str | None) -> dict[str, str]:
    """`amount=Annual Budget,reference=Ref No` as headings by field. Raises UnreadableFile with what is wrong."""
    found: dict[str, str] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        field, _, heading = (piece.strip() for piece in part.partition("="))
        if field not in FIELDS or not heading:
            raise UnreadableFile(f"Write the map as field=Heading, with fields of: {', '.join(FIELDS)}.")
        found[field] = heading
    return found


def columns_of(header: Sequence[str], mapped: Mapping[str, str] | None = None) -> dict[str, int]:
    """The column number of each field. Raises UnreadableFile when one that is needed is missing or stands twice."""
    columns = find_columns(header, mapped)
    missing = [field for field in REQUIRED if field not in columns]
    if missing:
        raise UnreadableFile(f"These columns are missing: {', '.join(missing)}. Add them, or rename your headings.")
    return columns


def find_columns(header: Sequence[str], mapped: Mapping[str, str] | None = None) -> dict[str, int]:
    """The same, of the fields that are there.

    A heading of the map that the file does not have is as if not said; a field without a heading has no column.
    """
    columns: dict[str, int] = {}
    standing = {heading_key(heading) for heading in header}
    wanted = {key: field for field, heading in (mapped or {}).items() if (key := heading_key(heading)) in standing}
    decided = {*wanted.values(), *(field for field, heading in (mapped or {}).items() if not heading)}
    for number, heading in enumerate(header):
        key = heading_key(heading)
        field = wanted.get(key) or (HEADINGS.get(key) if HEADINGS.get(key) not in decided else None)
        if field is None:
            continue
        if field in columns:
            first = header[columns[field]]
            raise UnreadableFile(f"Both “{first}” and “{heading}” could be the column {field}. Rename one of them.")
        columns[field] = number
    return columns


def read_row(row_number: int, cells: tuple[str, ...], columns: Mapping[str, int]) -> BudgetRow | RefusedRow:
    """One row as a budget; everything that is wrong with it at once, otherwise."""
    value = {field: cells[number] if number < len(cells) else "" for field, number in columns.items()}
    reasons: list[str] = []

    def need(field: str, most: int) -> str:
        text = " ".join(value.get(field, "").split())
        if not text:
            reasons.append(f"{field} is empty: fill it in. Merged cells fill only their first row.")
        elif len(text) > most:
            reasons.append(f"{field} is longer than {most} characters: shorten it.")
        elif text[0] in _FORMULA_MARKS:
            reasons.append(f"{field} begins with {text[0]} like a formula: write what the formula gives.")
        return text

    reference, person_reference = need("reference", 60), need("person_reference", 40)
    name = need("name", 120)
    pot = " ".join(value.get("pot", "").split()) or DEFAULT_POT
    if len(pot) > 60:
        reasons.append("pot is longer than 60 characters: shorten it.")
    if pot[0] in _FORMULA_MARKS:
        reasons.append(f"pot begins with {pot[0]} like a formula: write what the formula gives.")
    postcode = None
    if value.get("postcode"):
        try:
            postcode = normalise_postcode(value["postcode"])
        except InvalidPostcode:
            reasons.append("postcode is not a postcode: write it like DL3 7TX, or leave it empty.")
    rail = _RAIL_OF.get(heading_key(value.get("rail", "")))
    if rail is None:
        reasons.append("rail is none of direct_payment, council_managed or isf: write one of these.")
    amount = _amount("amount", value.get("amount", ""), reasons)
    contribution = _amount("contribution", value.get("contribution", "") or "0", reasons)
    if amount is not None and contribution is not None and contribution > amount:
        reasons.append("contribution is more than amount: check both.")
    often = heading_key(value.get("every", ""))
    every = _EVERY_OF.get(often)
    if every is None and often not in _ONCE:
        reasons.append("every is none of week, four weeks or year: write one of these, or leave it empty for one sum.")
    starts_on, ends_on = (
        _date(field, value.get(field, ""), reasons, needed=True) for field in ("starts_on", "ends_on")
    )
    review_on = _date("review_on", value.get("review_on", ""), reasons, needed=False)
    if starts_on and ends_on and ends_on < starts_on:
        reasons.append("ends_on is before starts_on: check both dates.")
    agreed = None
    if not reasons and amount is not None and contribution is not None and starts_on and ends_on:
        agreed = amount - contribution
        agreed = agreed if every is None else pence_until(every, agreed, starts_on, ends_on)
        if agreed > MOST_PENCE:
            reasons.append("amount comes to more than £1,000,000.00 for these dates: check it, and every.")
    if reasons or rail is None or agreed is None or starts_on is None or ends_on is None:
        return RefusedRow(row_number, reference[:60], tuple(reasons))
    return BudgetRow(
        row_number,
        reference,
        person_reference,
        name,
        postcode,
        rail,
        pot,
        agreed,
        starts_on,
        ends_on,
        review_on,
        " ".join(value.get("isf_holder", "").split()) or None,
        " ".join(value.get("council", "").split()) or None,
    )


def _amount(field: str, text: str, reasons: list[str]) -> int | None:
    try:
        pence = parse_pounds(text)
    except ValueError:
        number = read_number(text)
        if number is not None and number < 0:
            reasons.append(f"{field} is below £0.00: write what was agreed. A cut is a lower amount than before.")
        elif number is not None and number != round(number, 2):
            reasons.append(f"{field} has parts of a penny: write it with two decimals, like 5200.00.")
        else:
            reasons.append(f"{field} is not an amount in pounds: write it like 5200.00.")
        return None
    if pence > MOST_PENCE:
        reasons.append(f"{field} is above £1,000,000.00: check it.")
        return None
    return pence


def _date(field: str, text: str, reasons: list[str], *, needed: bool) -> date | None:
    text = text.strip()
    if not text:
        if needed:
            reasons.append(f"{field} is empty: write a date like 2026-04-01 or 01/04/2026.")
        return None
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    elif (found := _MONTH_NAMED.fullmatch(text)) and found[2][:3].lower() in _MONTHS:
        day, month, year = int(found[1]), _MONTHS.index(found[2][:3].lower()) + 1, int(found[3])
        year += 2000 if len(found[3]) == 2 else 0
    elif _EXCEL_NUMBER.fullmatch(text):
        reasons.append(f"{field} is {text}, Excel’s number for a day: make the column a date and save again.")
        return None
    else:
        reasons.append(f"{field} is not a date: write it like 2026-04-01 or 01/04/2026.")
        return None
    try:
        read = date(year, month, day)
    except ValueError:
        reasons.append(f"{field} is a day that does not exist: check it.")
        return None
    if not 2000 <= read.year <= 2100:
        reasons.append(f"{field} has a year that cannot be right: check it.")
        return None
    return read
