"""The words of a listing that came from a published file: only what the file says, in sentences."""

from dataclasses import dataclass
from typing import Any

from catalogue.importing import ImportedPlace, ImportedProvider, PlaceKind
from catalogue.importing.cleaning import shortened

LONGEST_SUMMARY = 300

_REFERRALS = {
    "voucher": "You need a voucher: ask your GP, a social worker or an advice centre.",
    "referral": "Somebody has to refer you: ask your GP, a social worker or an advice centre.",
    "self-referral": "You can get in touch with them yourself.",
    "membership": "For members.",
    "open": "Open to everybody.",
    "meals": "Meals are served.",
    "assessment": "They will talk with you first about what you need.",
}


@dataclass(frozen=True)
class Texts:
    summary: str
    description: str
    who_for: str | None
    availability: str | None
    opening_hours: dict[str, Any] | None


def import_texts(row: ImportedProvider | ImportedPlace) -> Texts:
    """Summary (at most 300 characters), description and opening hours of a record."""
    if isinstance(row, ImportedProvider):
        return _provider_texts(row)
    return _place_texts(row)


def _provider_texts(row: ImportedProvider) -> Texts:
    kinds = _list_words(row.service_types) or "Registered social care provider"
    sentences = [row.description] if row.description else []
    sentences.append(f"{kinds}.")
    if row.provider_name and row.provider_name != row.name:
        sentences.append(f"Run by {row.provider_name}.")
    if row.also_known_as:
        sentences.append(f"Also known as {row.also_known_as}.")
    sentences.append("The provider has not joined this site: get in touch with them to ask about places and prices.")
    return Texts(
        summary=shortened(f"{kinds} at {row.address}" if row.address else kinds, LONGEST_SUMMARY),
        description="\n\n".join(sentences),
        who_for=_list_words(row.specialisms) or None,
        availability=None,
        opening_hours=None,
    )


def _place_texts(row: ImportedPlace) -> Texts:
    sentences = [text for text in (row.description, row.facilities) if text]
    if row.place_type:
        sentences.append(f"{row.place_type}.")
    if row.managed_by:
        sentences.append(f"Run by {row.managed_by.rstrip('.')}.")
    if row.referral_text or row.referral:
        sentences.append(_REFERRALS.get(row.referral or "", f"How to come: {row.referral_text}."))
    if row.kind is PlaceKind.ACCESS_POINT:
        sentences.append("Staff can tell you whether they help people to use this site.")
    summary = row.description or row.facilities or row.place_type or row.opening_text or row.address or row.name
    periods = row.opening_periods
    hours: dict[str, Any] | None = None
    if periods or row.opening_text:
        hours = {
            "text": row.opening_text,
            "periods": [
                {"weekday": p.weekday, "opens": p.opens.strftime("%H:%M"), "closes": p.closes.strftime("%H:%M")}
                for p in periods or ()
            ],
        }
    return Texts(
        summary=shortened(summary, LONGEST_SUMMARY),
        description="\n\n".join(sentences) or f"{row.name}, {row.address}.",
        who_for=None,
        availability=row.opening_text,
        opening_hours=hours,
    )


def _list_words(words: tuple[str, ...]) -> str:
    """`Residential homes, homecare agencies`: the first as written, the others in lower case."""
    if not words:
        return ""
    return ", ".join([words[0], *(word if word[:2].isupper() else word[:1].lower() + word[1:] for word in words[1:])])
