"""What the tests of pages of the catalogue share."""

import pytest
from flask import Flask

from catalogue.services.index import reindex
from marketplace.database import transaction
from marketplace.kernel import clock
from tests.factories.catalogue import ListingFactory, ProviderFactory


@pytest.fixture
def town(app: Flask) -> dict[str, int]:
    with transaction():
        dales = ProviderFactory(
            organisation_name="Dales Home Care",
            rated_good=True,
            dbs_declared_on=clock.today(),
            decided_at=clock.now(),
        )
        rows = {
            "care": ListingFactory(provider=dales, title="Home care by the hour", price_pence=2_600, min_quantity=2),
            "garden": ListingFactory(title="Gardening with a smile", category_slug="gardening", price_pence=2_000),
            "club": ListingFactory(free=True, title="Cockerton lunch club", phone="01325 555 0123"),
            "gone": ListingFactory(withdrawn=True, title="Gone gardening", category_slug="gardening"),
            "library": ListingFactory(
                free=True,
                provider=ProviderFactory(unclaimed=True, organisation_name="Darlington Libraries"),
                title="Crown Street Library",
                category_slug="libraries",
                is_access_point=True,
                phone="01325 555 0111",
                attribution="Open data of a council.",
                source_as_of=clock.today(),
                opening_hours={"text": None, "periods": [{"weekday": 0, "opens": "09:00", "closes": "17:30"}]},
                accepts_own_money=False,
                accepts_direct_payment=False,
                accepts_council_managed=False,
            ),
        }
        ids = {name: row.id for name, row in rows.items()}
    reindex()
    return ids
