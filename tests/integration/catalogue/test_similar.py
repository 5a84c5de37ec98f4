"""What stands below a listing: others of its category, of the whole group where those are few, and never itself."""

import pytest
from flask import Flask

from catalogue.queries.listings import get_listing
from catalogue.services.index import reindex
from catalogue.services.similar import list_similar
from marketplace.database import transaction
from tests.factories.catalogue import ListingFactory


@pytest.mark.parametrize("is_indexed", [True, False])
def test_others_of_the_category_come_first_and_its_group_where_they_are_few(app: Flask, is_indexed: bool) -> None:
    with transaction():
        alone = ListingFactory(title="Night care", category_slug="live-in-care").id
        first = ListingFactory(title="Washing").id
        second = ListingFactory(title="Dressing").id
        far = ListingFactory(title="Far away", latitude=50.1, longitude=-5.5, postcode="TR1 1AA").id
        ListingFactory(title="Gardening", category_slug="meals")
        ListingFactory(title="Not yet open", draft=True)
    if is_indexed:
        reindex()

    def similar(listing_id: int, near: str = "DL3 7TX", limit: int = 4) -> set[int]:
        return {result.card.id for result in list_similar(get_listing(listing_id), near, limit=limit)}

    assert similar(first) == {second}
    assert similar(alone) == {first, second}
    assert similar(far) == {first, second}
    assert similar(alone, near="") == {first, second}
    assert similar(far, near="TR1") == similar(far, near="") == set()
    assert len(similar(alone, limit=1)) == 1
