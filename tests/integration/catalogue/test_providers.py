"""A provider signs up, writes a listing one question at a time, sees the levy first, and is looked at by a person."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from catalogue.domain import ListingAction, ListingState, ProviderAction, ProviderState
from catalogue.models import Listing, Provider, ProviderClaim
from catalogue.services import claims, listings, providers
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.models import Email, OutboxRow
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, UserFactory, user_with_role

PROFILE = {
    "name": "Fern and Furrow",
    "about": "I mow, weed and cut hedges.",
    "postcode": "DL3 7TX",
    "dbs_declared": "y",
}


def someone() -> int:
    with transaction():
        return UserFactory().id


def operator() -> Actor:
    with transaction():
        user_id = user_with_role(Role.OPERATOR).id
    return actor_of(user_id)


def joined(client: FlaskClient) -> tuple[Actor, int]:
    user_id = someone()
    sign_in(client, user_id)
    submit(client, "/provider/join", PROFILE)
    actor = actor_of(user_id)
    return actor, actor.organisation_ids(Role.PROVIDER)[0]


def written(client: FlaskClient, organisation_id: int, price: str = "24.00") -> int:
    submit(
        client,
        f"/provider/{organisation_id}/listings/new",
        {"title": "Gardening by the hour", "category": "gardening", "kind": "service"},
    )
    listing_id = db.session.scalar(select(Listing.id).order_by(Listing.id.desc()))
    page = f"/provider/listings/{listing_id}"
    submit(client, f"{page}/words", {"summary": "Mowing and weeding", "description": "All of it."})
    submit(
        client,
        f"{page}/price",
        {
            "how": "price",
            "price": price,
            "unit": "hour",
            "min_quantity": "1",
            "max_quantity": "40",
            "vat_category": "outside",
        },
    )
    submit(client, f"{page}/area", {"area": "radius", "postcode": "dl37tx", "miles": "8"})
    submit(client, f"{page}/terms", {"availability": "Weekdays", "rails": ["own_money", "direct_payment"]})
    return int(listing_id)


def test_a_provider_applies_writes_and_is_shown_after_two_looks(app: Flask, client: FlaskClient) -> None:
    _, organisation_id = joined(client)
    listing_id = written(client, organisation_id)
    page = text_of(client.get(f"/provider/listings/{listing_id}"))
    assert "£24.00 £0.60 £23.40" in page
    submit(client, f"/provider/listings/{listing_id}", {}, to=f"/provider/listings/{listing_id}/send_in/now")
    boss = operator()
    providers.decide(boss, organisation_id, ProviderAction.APPROVE)
    listings.decide(boss, listing_id, ListingAction.APPROVE)
    listing = db.session.get(Listing, listing_id)
    assert (listing.state, listing.price_pence, listing.radius_metres) == (ListingState.PUBLISHED, 2400, 12875)
    assert listing.accepts_direct_payment and not listing.accepts_council_managed
    assert [mail.subject for mail in db.session.execute(select(Email).order_by(Email.id)).scalars()] == [
        "You are approved",
        "Your listing is shown",
    ]
    assert {"listing_id": listing_id} in [
        row.payload
        for row in db.session.execute(select(OutboxRow).where(OutboxRow.topic == "catalogue.index")).scalars()
    ]


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("0.09", "£0.10"),
        ("100000", "£99,999"),
        ("-5", "Enter"),
        ("ten", "Enter an amount in pounds, like 12.50"),
        ("", "Enter a price in pounds, like 12.50"),
    ],
)
def test_a_price_that_cannot_be_is_told_beside_the_field_and_what_was_typed_stays(
    app: Flask, client: FlaskClient, price: str, words: str
) -> None:
    _, organisation_id = joined(client)
    listing_id = written(client, organisation_id)
    answer = submit(
        client,
        f"/provider/listings/{listing_id}/price",
        {
            "how": "price",
            "price": price,
            "unit": "meal",
            "min_quantity": "2",
            "max_quantity": "40",
            "vat_category": "outside",
        },
    )
    assert answer.status_code == 200
    assert words in text_of(answer)
    if price:
        assert f'value="{price}"' in answer.get_data(as_text=True)
    assert 'value="meal" selected' in answer.get_data(as_text=True)
    assert db.session.scalar(select(Listing.price_pence)) == 2400


@pytest.mark.parametrize("price", ["0.10", "99,999.00"])
def test_the_least_and_the_greatest_price_can_be_listed(app: Flask, client: FlaskClient, price: str) -> None:
    _, organisation_id = joined(client)
    written(client, organisation_id, price)
    assert db.session.scalar(select(Listing.price_pence)) == {"0.10": 10, "99,999.00": 9_999_900}[price]


def test_a_listing_that_says_nothing_cannot_be_sent_in(app: Flask, client: FlaskClient) -> None:
    actor, organisation_id = joined(client)
    listing_id = listings.begin(actor, organisation_id, listings.What("Gardening", "gardening"))
    with pytest.raises(DomainError, match="few words"):
        listings.act(actor, listing_id, ListingAction.SEND_IN)
    assert db.session.scalar(select(Listing.state)) is ListingState.DRAFT


def test_a_strangers_provider_and_listing_are_not_found(app: Flask, client: FlaskClient) -> None:
    _, organisation_id = joined(client)
    listing_id = written(client, organisation_id)
    with transaction():
        stranger = user_with_role(Role.PROVIDER).id
    actor = actor_of(stranger)
    sign_in(client, stranger)
    for path in (
        f"/provider/profile/{organisation_id}",
        f"/provider/listings/{listing_id}",
        f"/provider/listings/{listing_id}/words",
        f"/provider/{organisation_id}/listings/new",
    ):
        assert client.get(path).status_code == 404
    with pytest.raises(NotFound):
        listings.act(actor, listing_id, ListingAction.WITHDRAW)
    with pytest.raises(NotFound):
        listings.change(actor, listing_id, listings.Words("x", "y"))
    with pytest.raises(NotFound):
        providers.decide(actor, organisation_id, ProviderAction.APPROVE)
    with pytest.raises(NotFound):
        listings.decide(actor, listing_id, ListingAction.APPROVE)


def test_a_refusal_says_why_and_can_be_mended(app: Flask, client: FlaskClient) -> None:
    actor, organisation_id = joined(client)
    boss = operator()
    with pytest.raises(DomainError, match="Say why"):
        providers.decide(boss, organisation_id, ProviderAction.REFUSE, " ")
    providers.decide(boss, organisation_id, ProviderAction.REFUSE, "Tell us about your insurance")
    assert "Tell us about your insurance" in text_of(client.get("/provider/listings"))
    providers.apply_again(actor, organisation_id)
    assert db.session.scalar(select(Provider.state)) is ProviderState.APPLIED
    with pytest.raises(NotAllowed):
        providers.apply_again(actor, organisation_id)


def unclaimed() -> int:
    with transaction():
        organisation = OrganisationFactory(name="Ash Lodge")
        db.session.add(Provider(organisation_id=organisation.id, state=ProviderState.UNCLAIMED))
        return int(organisation.id)


def test_a_claim_that_is_accepted_hands_the_page_over(app: Flask, client: FlaskClient) -> None:
    organisation_id, user_id = unclaimed(), someone()
    sign_in(client, user_id)
    submit(
        client,
        f"/claim/{organisation_id}",
        {"position": "Manager", "evidence": "Call 01325 555001 and ask for me"},
    )
    claim_id = db.session.scalar(select(ProviderClaim.id))
    assert actor_of(user_id).organisation_ids(Role.PROVIDER) == ()
    claims.decide(operator(), claim_id, accepted=True)
    assert actor_of(user_id).organisation_ids(Role.PROVIDER) == (organisation_id,)
    assert db.session.get(Provider, organisation_id).state is ProviderState.APPROVED
    with pytest.raises(DomainError, match="already"):
        claims.decide(operator(), claim_id, accepted=False, words="No")


def test_a_provider_that_is_taken_cannot_be_claimed(app: Flask) -> None:
    organisation_id, user_id = unclaimed(), someone()
    with transaction():
        db.session.get(Provider, organisation_id).state = ProviderState.APPROVED
    with pytest.raises(DomainError, match="signed up"):
        claims.claim(actor_of(user_id), organisation_id, position="Manager", evidence="Call us on 01325 555001")
    assert db.session.scalar(select(Organisation.name)) == "Ash Lodge"
    assert clock.today()
