"""The number of queries of each page, at 10 and at 1,000 listings the same."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from catalogue.models import Provider
from catalogue.services.index import reindex
from marketplace.database import db, transaction
from tests.factories.catalogue import ListingFactory, ProviderFactory


@pytest.fixture
def sent(app: Flask) -> Iterator[list[str]]:
    """Every SELECT that reaches the database."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


# What every page needs (who is signed in, the basket's count) is in these figures too.
MOST = {
    "/": 6,
    "/search?q=help&postcode=DL3+7TX": 7,
    "/listing/1": 11,
    "/categories/home-care": 8,
    "/places?postcode=DL3": 5,
}


def test_each_page_sends_as_many_queries_for_a_thousand_listings_as_for_ten(
    client: FlaskClient, sent: list[str]
) -> None:
    with transaction():
        provider_id = ProviderFactory().organisation_id
        provider = db.session.get(Provider, provider_id)
        first = ListingFactory.create_batch(10, provider=provider, is_access_point=True)[0].id
    reindex()

    def queries(page: str) -> int:
        address = page.replace("/listing/1", f"/listing/{first}")
        client.get(address)
        sent.clear()
        assert client.get(address).status_code == 200
        return len(sent)

    few = {page: queries(page) for page in MOST}
    with transaction():
        ListingFactory.create_batch(990, provider=db.session.get(Provider, provider_id))
    reindex()
    assert {page: many for page in MOST if (many := queries(page)) > few[page]} == {}
    assert {page: count for page, count in few.items() if count > MOST[page]} == {}
