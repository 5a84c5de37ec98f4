"""Invented listings in any number, the same for the same seed: for benchmarks and trials, never for people."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from catalogue.domain import AreaKind, ListingKind, ListingState, ProviderState, Unit, VatCategory
from catalogue.models import Category, Listing, Provider
from catalogue.search.synonyms import known_words
from catalogue.search.text import word_list
from marketplace import places_data
from marketplace.accounts.services.imported import add_unclaimed_providers
from marketplace.database import db, transaction
from marketplace.kernel import clock

BATCH = 500
_PLAIN = word_list(
    "we come to your home and help with what matters most to you at a time that suits the same people each week "
    "friendly local team kind careful reliable visit morning evening weekend family friend trained police check "
    "insurance dementia stroke mobility wheelchair bath meals medicine company walk garden lawn clean shop bus "
    "appointment hospital memory music lunch club craft exercise pool computer phone alarm rail step bed chair hoist "
    "night rest carer break weekend holiday advice benefits direct payment council budget price hour session free"
)
_NAMES = word_list("Dales Tees Skerne Moor Beacon Harbour Orchard Willow Rowan Heron Kestrel Meadow Bridge Abbey")
_KINDS = word_list("Care Support Helpers Neighbours Partners Services Companions Community Trust Cooperative")
_UNITS = (Unit.HOUR, Unit.HOUR, Unit.HOUR, Unit.VISIT, Unit.SESSION, Unit.DAY, Unit.WEEK, Unit.ITEM)


def generate_listings(count: int, *, seed: int = 1) -> list[int]:
    """Write `count` published listings, two or so to a provider, all over England; answers their ids in order."""
    maker = _Maker(seed)
    ids: list[int] = []
    for start in range(0, count, BATCH):
        ids += _write(maker, min(BATCH, count - start))
    return ids


def _write(maker: "_Maker", count: int) -> list[int]:
    with transaction():
        categories = db.session.execute(
            select(Category.id, Category.name).where(Category.parent_id.is_not(None)).order_by(Category.id)
        ).all()
        firms = list(maker.firms((count + 1) // 2))
        organisation_ids = add_unclaimed_providers(firms)
        now = clock.now()
        db.session.execute(
            insert(Provider),
            [
                {"organisation_id": organisation_id, "state": ProviderState.APPROVED, "cqc_rating": maker.cqc()}
                for organisation_id in organisation_ids
            ],
        )
        rows = [
            maker.listing(organisation_ids[number // 2], categories)
            | {"created_at": now, "updated_at": now, "published_at": now - timedelta(days=1)}
            for number in range(count)
        ]
        ids = db.session.execute(insert(Listing).returning(Listing.id, sort_by_parameter_order=True), rows)
        return list(ids.scalars())


class _Maker:
    """Makes up firms and listings. Words are spread as in speech: a few are common, most are rare."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - nothing here is a secret
        self.words = [*dict.fromkeys(_PLAIN), *sorted(known_words() - set(_PLAIN))]
        self.words += [f"{self._syllables()}{n % 10}" for n in range(3_000)]
        self.weights = [1 / (rank + 3) for rank in range(len(self.words))]
        self.outcodes = [row for row in places_data.list_outcodes() if row.council_gss.startswith("E")]
        self.shares = [row.postcodes for row in self.outcodes]

    def _syllables(self) -> str:
        return "".join(self.random.choice(("ba", "ton", "wick", "field", "den", "mor", "li", "sa")) for _ in range(3))

    def text(self, least: int, most: int) -> str:
        return " ".join(self.random.choices(self.words, self.weights, k=self.random.randint(least, most)))

    def firms(self, count: int) -> Iterator[dict[str, Any]]:
        for _ in range(count):
            name = f"{self.random.choice(_NAMES)} {self.random.choice(_KINDS)} {self.random.randint(1, 9999)}"
            yield {"name": name, "email": None, "phone": None, "website": None, "address": None, "postcode": None}

    def cqc(self) -> str | None:
        return self.random.choice(("Good", "Good", "Outstanding", "Requires improvement", None, None))

    def listing(self, organisation_id: int, categories: Any) -> dict[str, Any]:
        category = self.random.choice(categories)
        (outcode,) = self.random.choices(self.outcodes, self.shares)
        reviews = self.random.choice((0, 0, 0, 1, 3, 8, 40))
        stars = sum(self.random.choices((1, 2, 3, 4, 5), (1, 1, 2, 6, 10), k=reviews))
        area = self.random.choice((AreaKind.RADIUS, AreaKind.RADIUS, AreaKind.AT_PLACE, AreaKind.ENGLAND))
        return {
            "organisation_id": organisation_id,
            "category_id": category.id,
            "state": ListingState.PUBLISHED,
            "kind": self.random.choice((ListingKind.SERVICE, ListingKind.SERVICE, ListingKind.PRODUCT)),
            "title": f"{category.name}: {self.text(1, 4)}"[:120],
            "summary": self.text(10, 18)[:300],
            "description": self.text(60, 140),
            "who_for": self.text(3, 8),
            "included": self.text(5, 15),
            "availability": "Monday to Friday, 9am to 5pm",
            "unit": self.random.choice(_UNITS),
            "price_pence": self.random.choice((0, None, *(self.random.randrange(200, 12_000, 50) for _ in range(6)))),
            "min_quantity": 1,
            "max_quantity": 200,
            "vat_category": VatCategory.OUTSIDE,
            "accepts_own_money": True,
            "accepts_direct_payment": self.random.random() < 0.8,
            "accepts_council_managed": self.random.random() < 0.4,
            "accepts_isf": self.random.random() < 0.2,
            "is_access_point": False,
            "area_kind": area,
            "address": f"{self.random.randint(1, 99)} {self.random.choice(_NAMES)} Street",
            "postcode": f"{outcode.outcode} {self.random.randint(1, 9)}AA",
            "latitude": outcode.lat + self.random.uniform(-0.05, 0.05),
            "longitude": outcode.lon + self.random.uniform(-0.05, 0.05),
            "radius_metres": self.random.choice((5, 10, 20)) * 1609 if area is AreaKind.RADIUS else None,
            "rating_count": reviews,
            "rating_total": stars,
            "rating_rank_millionths": (stars * 10 + 175) * 100_000 // (reviews + 5) if reviews else 0,
        }
