"""The demo's invented providers of Darlington and around, written through the same services that real ones use."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources

from catalogue.domain import AreaKind, ListingAction, ListingKind, ProviderAction, Unit, VatCategory
from catalogue.services import listings, providers
from marketplace.accounts.domain import SYSTEM
from marketplace.accounts.services.organisations import OrganisationDetails
from marketplace.database import transaction
from marketplace.kernel.money import parse_pounds
from marketplace.kernel.places import MILE_METRES
from marketplace.kernel.rails import Rail

INVENTED = "Invented for this demonstration: nobody of this name trades."
RAILS = {"o": Rail.OWN_MONEY, "d": Rail.DIRECT_PAYMENT, "c": Rail.COUNCIL_MANAGED, "i": Rail.ISF}
PRODUCTS = {"equipment"}
ABOUT = {
    "micro": "One person with time, care and a good name in the neighbourhood.",
    "agency": "A local firm with a trained team and somebody at the telephone from 7am to 10pm.",
    "charity": "A charity: what is left over goes back into helping people near by.",
    "group": "Neighbours who give their time. Everybody is welcome.",
}
INCLUDED = {
    "home-care": "Travel, gloves and aprons, a written note of each visit and a call if we run late.",
    "personal-assistants": "My time and my travel up to five miles a day. Outings you pay for yourself.",
    "gardening": "Tools, petrol and taking the waste away.",
    "meals": "The meal, delivery to your table and washing up the box.",
    "equipment": "Delivery, fitting and showing you how; thirty days to change your mind.",
    "respite": "A room, meals, staff day and night, and a call home each evening.",
}


@dataclass(frozen=True)
class TownRow:
    """One line of the town: a provider and one thing that it offers."""

    provider: str
    size: str
    category: str
    title: str
    unit: Unit
    price_pence: int
    miles: int
    rails: frozenset[Rail]
    cqc: tuple[str, date] | None
    summary: str
    who_for: str
    when: str


def rows() -> Iterator[TownRow]:
    """The lines of the packaged table, in its order."""
    text = resources.files("marketplace.demo").joinpath("data/town.psv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="|", quoting=csv.QUOTE_NONE):
        rating, _, day = row["cqc"].rpartition(" ")
        yield TownRow(
            provider=row["provider"],
            size=row["size"],
            category=row["category"],
            title=row["title"],
            unit=Unit(row["unit"]),
            price_pence=parse_pounds(row["price"]),
            miles=int(row["miles"]),
            rails=frozenset(RAILS[letter] for letter in row["funding"]),
            cqc=(rating, date.fromisoformat(day)) if rating else None,
            summary=row["summary"],
            who_for=row["who_for"],
            when=row["when"],
        )


def build(postcodes: list[str], today: date) -> dict[str, int]:
    """Every provider with its listings, approved and shown; answers organisation ids by name.

    `postcodes` are real ones of the town, from which each provider gets one by its name, always the same. Insurances
    end after `today`, which may be later than the clock of a town that is given a past.
    """
    ids: dict[str, int] = {}
    with transaction():
        for row in rows():
            postcode = postcodes[_number(row.provider) % len(postcodes)]
            if row.provider not in ids:
                ids[row.provider] = _provider(row, postcode, today)
            _listing(ids[row.provider], row, postcode)
    return ids


def _provider(row: TownRow, postcode: str, today: date) -> int:
    number = _number(row.provider)
    paid = row.size in {"micro", "agency", "charity"}
    organisation_id = providers.apply(
        SYSTEM,
        providers.ProviderProfile(
            OrganisationDetails(
                name=row.provider,
                email=f"hello@{_slug(row.provider)}.example",
                phone=f"01632 960 {number % 1000:03d}",
                postcode=postcode,
            ),
            about=f"{ABOUT[row.size]}\n\n{INVENTED}",
            is_micro_enterprise=row.size == "micro",
            vat_registered=row.size == "agency" and row.cqc is None,
            dbs_declared=paid,
            insurance_ends_on=today + timedelta(days=60 + number % 300) if paid else None,
        ),
    )
    providers.decide(SYSTEM, organisation_id, ProviderAction.APPROVE)
    if row.cqc is not None:
        providers.set_regulator_rating(organisation_id, *row.cqc)
    return organisation_id


def _listing(organisation_id: int, row: TownRow, postcode: str) -> None:
    kind = ListingKind.PRODUCT if row.category in PRODUCTS and row.unit is Unit.ITEM else ListingKind.SERVICE
    listing_id = listings.begin(SYSTEM, organisation_id, listings.What(row.title, row.category, kind))
    described = (
        f"{row.summary}.\n\n{row.provider} offers this {_where(row)}. Ring first if you like: we are glad to meet."
    )
    for part in (
        listings.Words(row.summary, described, INCLUDED.get(row.category), row.who_for),
        listings.Price(row.unit, row.price_pence, 1, _most(row), _vat(row)),
        listings.Area(AreaKind.RADIUS, postcode, round(row.miles * MILE_METRES)),
        listings.Terms(row.when, row.rails),
    ):
        listings.change(SYSTEM, listing_id, part)
    listings.act(SYSTEM, listing_id, ListingAction.SEND_IN)
    listings.decide(SYSTEM, listing_id, ListingAction.APPROVE)


def _where(row: TownRow) -> str:
    return f"within {row.miles} miles of Darlington"


def _most(row: TownRow) -> int:
    return 5 if row.unit is Unit.ITEM else 60


def _vat(row: TownRow) -> VatCategory:
    if row.cqc is not None or row.size == "charity":
        return VatCategory.EXEMPT_WELFARE
    if row.category == "equipment":
        return VatCategory.ZERO_DISABILITY
    return VatCategory.STANDARD if row.size == "agency" else VatCategory.OUTSIDE


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])


def _slug(name: str) -> str:
    return "".join(c for c in name.lower().replace(" ", "-") if c.isalnum() or c == "-").strip("-")
