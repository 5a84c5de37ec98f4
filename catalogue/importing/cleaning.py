"""Cells as published, made fit to show: texts, telephone numbers, web addresses, postcodes, dates.

Functions that may have to leave something out return (value, note): the note says what was left out and why, for the
report.
"""

import html
import re
import unicodedata
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from catalogue.importing.first_names import word_set
from marketplace.kernel.places import InvalidPostcode, normalise_postcode

Cleaned = tuple[str | None, str | None]

_NOTHING = frozenset(
    (
        "", "-", "--", "?", "na", "n/a", "n.a", "none", "nil", "null", "nan", "tbc", "unknown", "not known",
        "not given", "not available", "not applicable", "not relevant", "see above", "#n/a",
    )
)  # fmt: skip
_SCRIPTS = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_BREAKING_TAGS = re.compile(r"</?(p|div|br|li|ul|ol|h[1-6]|tr)\b[^<>]*>", re.IGNORECASE)
_TAGS = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)
_LINE_BREAKS = re.compile(r"\r\n|[\n\r\u000b\u000c\u0085\u2028\u2029]")
# Control characters but not tabs, soft hyphens, zero-width and direction marks.
_INVISIBLE = re.compile(r"[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def clean_lines(text: str) -> str:
    """Plain text with its lines: no HTML, no invisible characters, no spaces and no lines without a word."""
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAGS.sub(" ", _BREAKING_TAGS.sub("\n", _SCRIPTS.sub(" ", text)))
    lines = _LINE_BREAKS.split(unicodedata.normalize("NFC", text))
    lines = [" ".join(_INVISIBLE.sub("", line).split()) for line in lines]
    return "\n".join(line for line in lines if any(character.isalnum() for character in line))


def clean_text(text: str) -> str:
    """Plain text on one line."""
    return " ".join(clean_lines(text).split("\n"))


def na(text: str | None) -> str | None:
    """The text on one line, or None where the cell says that there is nothing: empty, NA, N/A, not known."""
    return _or_none(clean_text(text or ""))


def na_lines(text: str | None) -> str | None:
    """As `na`, keeping line breaks."""
    return _or_none(clean_lines(text or ""))


def _or_none(text: str) -> str | None:
    return None if text.casefold().rstrip(".") in _NOTHING else text


def shortened(text: str, longest: int) -> str:
    """The text cut at a word, with an ellipsis, to at most `longest` characters."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;.") + "…"


def tidy_address(text: str | None) -> str | None:
    """An address on one line, with a comma and a space between its parts."""
    lines = na_lines(text)
    if lines is None:
        return None
    parts = (part.strip(" .") for part in re.split(r"[,\n]", lines))
    return ", ".join(part for part in parts if part) or None


# --- telephone ------------------------------------------------------------------------------------------------------

_SCIENTIFIC = re.compile(r"[0-9]+(\.[0-9]+)?e\+?[0-9]+", re.IGNORECASE)
_EXTENSION = re.compile(r"\b(?:extension|ext|x)\.?\s*([0-9]{1,6})\s*$", re.IGNORECASE)
_BETWEEN_NUMBERS = re.compile(r"\s*(?:[/,;&]|\bor\b|\band\b)\s*", re.IGNORECASE)
_MOST_NUMBERS = 6
_SHORT_NUMBERS = frozenset({"101", "105", "111", "116000", "116006", "116111", "116123", "119", "08001111"})
# Area codes with some numbers of five digits after them (Ofcom, national telephone numbering plan).
_MIXED_AREAS = word_set(
    """01204 01208 01254 01276 01297 01298 01363 01364 01384 01386 01404 01420 01460 01461 01480 01488 01524 01527
    01562 01566 01606 01629 01635 01647 01659 01695 01726 01744 01750 01768 01827 01837 01884 01900 01905 01935 01946
    01949 01963 01995
    """
)
_BEGINNINGS = re.compile(r"0(1[1-9]|2[0-9]|3[03478]|5[56]|7|8[0478]|9[0189])")


def mend_telephone(text: str | None) -> Cleaned:
    """A British number with its leading 0 back, grouped as people say it: "1617486414" gives "0161 748 6414".

    A number whose digits are lost (`1617777e3`) or that is too short or too long to ring is left out, with a note. Of
    several numbers in one cell the first that can be rung is taken, with a note.
    """
    written = na(text)
    if written is None:
        return None, None
    several = [part for part in _BETWEEN_NUMBERS.split(written) if part]
    if 1 < len(several) <= _MOST_NUMBERS:
        found = next((number for part in several if (number := _one_number(part)[0])), None)
        if found:
            return found, f"first of several telephone numbers taken: “{shortened(written, 60)}”"
    return _one_number(written)


def _one_number(written: str) -> Cleaned:
    left_out = f"telephone left out: “{shortened(written, 60)}”"
    if _SCIENTIFIC.fullmatch(written):
        return None, f"{left_out} was written as a rounded number, so its last digits are lost"
    extension = _EXTENSION.search(written)
    number = written[: extension.start()] if extension else written
    # A letter O for 0, words in brackets such as "(during opening hours)", and the (0) of "+44 (0)161".
    number = re.sub(r"\([^()0-9]*\)", "", re.sub(r"(?<![A-Za-z])[Oo](?=[0-9])", "0", number))
    number = re.sub(r"^(\+|00)\s*44\s*(\(0\))?", "0", number.strip())
    if re.search(r"[^0-9\s().+/\-\u2010-\u2015]", number):
        return None, f"{left_out} is not one number"
    digits = re.sub(r"[^0-9]", "", number)
    if digits in _SHORT_NUMBERS:
        return (f"{digits[:-4]} {digits[-4:]}" if len(digits) == 8 else f"{digits[:3]} {digits[3:]}".strip()), None
    had_zero = digits.startswith("0")
    if not had_zero:
        digits = f"0{digits}"
    if len(digits) < 11 and not (len(digits) == 10 and had_zero and _may_be_short(digits)):
        return None, f"{left_out} is too short"
    if len(digits) > 11 or not _BEGINNINGS.match(digits):
        return None, f"{left_out} is not a British number"
    formatted = _grouped(digits)
    return (f"{formatted} extension {extension[1]}" if extension else formatted), None


def _may_be_short(digits: str) -> bool:
    return digits[:5] in _MIXED_AREAS or digits.startswith(("0800", "0500"))


def _grouped(digits: str) -> str:
    if digits.startswith("02"):
        cuts = (3, 7)
    elif digits.startswith(("011", "03", "08", "09")) or re.match(r"01[0-9]1", digits):
        cuts = (4, 7)
    else:
        cuts = (5, len(digits))
    parts = (digits[: cuts[0]], digits[cuts[0] : cuts[1]], digits[cuts[1] :])
    return " ".join(part for part in parts if part)


def is_mobile(telephone: str | None) -> bool:
    """Whether a mended number is a mobile, which may be somebody's own."""
    return telephone is not None and telephone.startswith("07") and not telephone.startswith("070")


# --- web addresses --------------------------------------------------------------------------------------------------

_BARE_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?::[0-9]{2,5})?(?:[/?#].*)?", re.IGNORECASE)
_LONGEST_WEBSITE = 500


def tidy_website(text: str | None) -> Cleaned:
    """One web address that begins with http:// or https://: as given, or with http:// added where it was left off.

    Several in one cell: the first. Another scheme (javascript:), a name and password, or no real host: left out with a
    note.
    """
    address = na(text)
    if address is None:
        return None, None
    pieces = re.sub(r"\s+(?=/)", "", address).split()
    first, note = pieces[0].rstrip(",;"), None
    if sum("." in piece for piece in pieces) > 1:
        note = f"first of several web addresses taken: “{shortened(address, 160)}”"
    found = re.match(r"(https?):?/{1,3}(?=[^/])", first, re.IGNORECASE)
    if found:
        bare, scheme = first[found.end() :], found[1].lower()
    else:
        bare, scheme = first, "http"
    refused = f"web address left out: “{shortened(address, 80)}” cannot be used"
    if len(bare) > _LONGEST_WEBSITE or not _BARE_HOST.fullmatch(bare) or re.search(r"[\"'<>\\^`{}|]", bare):
        return None, refused
    url = f"{scheme}://{bare}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None, refused
    if not parts.hostname or "@" in parts.netloc or (port is not None and port == 0) or len(url) > _LONGEST_WEBSITE:
        return None, refused
    return url, note


# --- postcodes, dates, numbers --------------------------------------------------------------------------------------


def tidy_postcode(text: str | None) -> Cleaned:
    """A postcode in its printed form; an impossible one is left out with a note."""
    postcode = na(text)
    if postcode is None:
        return None, None
    try:
        return normalise_postcode(postcode), None
    except InvalidPostcode:
        return None, f"postcode “{shortened(postcode, 20)}” is not usable"


_DATE_FORMS = ("%Y-%m-%d", "%d/%b/%Y", "%d/%m/%Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%m-%Y", "%d/%m/%y")


def tidy_date(text: str | None) -> date | None:
    """The day of "2023-05-31", "14/Apr/2022 - 00:00", "14/04/2020 - 00:00" or "17 July 2019"; None when it is none."""
    written = na(text)
    if written is None:
        return None
    day = re.sub(r"(?:\s*-)?[T\s]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?(\.[0-9]+)?Z?$", "", written)
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(day, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def split_values(text: str | None) -> tuple[str, ...]:
    """The values of a cell that joins several with "|", each once, in the file's order."""
    values = (clean_text(part) for part in (text or "").split("|"))
    return tuple(dict.fromkeys(value for value in values if _or_none(value)))
