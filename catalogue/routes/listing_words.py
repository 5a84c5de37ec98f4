"""Sentences and rows of a listing's page: where, how paid, what was checked, when open. Pure."""

from typing import Any

from catalogue.domain import AreaKind, ListingKind
from catalogue.queries.listings import Checks, ListingView
from catalogue.words import RAILS, joined, whole_miles
from marketplace.kernel.rails import Rail
from marketplace.ui.filters import short_date

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Row = dict[str, Any]


def area_sentences(view: ListingView) -> list[str]:
    """Where it is offered."""
    match view.area_kind:
        case AreaKind.ENGLAND:
            verb = "Delivered" if view.kind is ListingKind.PRODUCT else "Offered"
            return [f"{verb} all over England."]
        case AreaKind.COUNCILS:
            return [f"Offered in {joined(view.council_names)}."] if view.council_names else ["Ask where it is offered."]
        case AreaKind.AT_PLACE:
            return [f"You go to {view.place}."] if view.place else ["You go there: ask for the address."]
        case AreaKind.RADIUS:
            miles = whole_miles(view.radius_metres or 0)
            distance = "1 mile" if miles == 1 else f"{miles} miles"
            return [
                f"Comes to you within {distance} of {view.place}." if view.place else f"Comes to you within {distance}."
            ]


def funding_sentence(view: ListingView) -> str:
    """How it may be paid for, in words."""
    if view.price_pence == 0:
        return "It is free. There is nothing to pay."
    accepted = [RAILS[rail] for rail in Rail if rail in view.rails]
    if not accepted:
        return f"You arrange payment with {view.provider_name}."
    return f"You can pay with {joined(accepted, 'or')}."


def evidence_rows(checks: Checks) -> list[Row]:
    """What was checked, by whom and when. Words of others and the provider's own word are told apart."""
    rows: list[Row] = []
    if checks.cqc_rating:
        when = f", {short_date(checks.cqc_rating_on)}" if checks.cqc_rating_on else ""
        rows.append({"key": "Care Quality Commission", "value": f"CQC rating {checks.cqc_rating}{when}"})
    elif checks.cqc_inspected_on:
        rows.append(
            {
                "key": "Care Quality Commission",
                "value": f"Inspected {short_date(checks.cqc_inspected_on)}. The rating is at cqc.org.uk",
            }
        )
    elif checks.cqc_location_id:
        rows.append({"key": "Care Quality Commission", "value": "Registered. Look up the rating at cqc.org.uk"})
    if checks.dbs_declared_on:
        rows.append({"key": "DBS check", "value": f"Declared by the provider on {short_date(checks.dbs_declared_on)}"})
    if checks.insurance_declared_on:
        ends = f". It ends on {short_date(checks.insurance_ends_on)}" if checks.insurance_ends_on else ""
        rows.append(
            {
                "key": "Insurance",
                "value": f"Declared by the provider on {short_date(checks.insurance_declared_on)}{ends}",
            }
        )
    if checks.approved_on:
        rows.append({"key": "This site", "value": f"We looked at this provider on {short_date(checks.approved_on)}"})
    return rows


def opening_rows(hours: dict[str, Any] | None) -> list[Row]:
    """Opening hours by weekday from the first open day; empty when they are not known by weekday."""
    periods = (hours or {}).get("periods") or []
    by_day: dict[int, list[str]] = {}
    for period in periods:
        by_day.setdefault(int(period["weekday"]), []).append(f"{_time(period['opens'])} to {_time(period['closes'])}")
    if not by_day:
        return []
    return [{"key": day, "value": joined(by_day.get(number, ["closed"]))} for number, day in enumerate(WEEKDAYS)]


def _time(text: str) -> str:
    """`9am`, `2:30pm`, `midday` of "09:00", "14:30", "12:00"."""
    hour, minute = int(text[:2]), int(text[3:5])
    if minute == 0 and hour in (0, 12):
        return "midday" if hour else "midnight"
    minutes = f":{minute:02d}" if minute else ""
    return f"{hour % 12 or 12}{minutes}{'am' if hour < 12 else 'pm'}"
