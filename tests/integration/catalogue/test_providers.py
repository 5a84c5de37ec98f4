"""A provider signs up, writes a listing one question at a time, sees the levy first, and is looked at by a person."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from catalogue.domain import AreaKind, ListingAction, ListingState, ProviderAction, ProviderState
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


def test_what_leads_nowhere_is_refused_beside_its_box_and_a_website_gets_its_https(client: FlaskClient) -> None:
    sign_in(client, someone())
    wrong = PROFILE | {"website": "my facebook page", "cqc_location_id": "none"}
    words = text_of(submit(client, "/provider/join", wrong))
    assert "Enter a web address, like www.example.org" in words
    assert "Enter the CQC location number, like 1-466088203, or leave the box empty" in words
    assert db.session.scalar(select(Provider.organisation_id)) is None
    submit(client, "/provider/join", PROFILE | {"website": "www.fern.example", "cqc_location_id": "1-466088203"})
    assert db.session.scalar(select(Organisation.website)) == "https://www.fern.example"


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


PRICE = {"price": "12.30", "unit": "visit", "min_quantity": "1", "max_quantity": "6", "vat_category": "outside"}


def test_a_new_listing_is_asked_for_a_price_first(app: Flask, client: FlaskClient) -> None:
    actor, organisation_id = joined(client)
    listing_id = listings.begin(actor, organisation_id, listings.What("Gardening", "gardening"))
    listings.change(actor, listing_id, listings.Words("Mowing", "All of it"))
    chosen = re.search(r'value="(\w+)" checked', client.get(f"/provider/listings/{listing_id}/price").text)
    assert chosen and chosen[1] == "price"


@pytest.mark.parametrize("how", ["ask", "free"])
def test_pounds_that_were_typed_are_never_left_out_unsaid(app: Flask, client: FlaskClient, how: str) -> None:
    _, organisation_id = joined(client)
    page = f"/provider/listings/{written(client, organisation_id)}/price"
    answer = submit(client, page, {**PRICE, "how": how})
    assert answer.status_code == 200
    assert "Choose “A price” to ask for this, or leave the box empty" in text_of(answer)
    assert 'value="12.30"' in answer.text
    assert db.session.scalar(select(Listing.price_pence)) == 2400
    assert submit(client, page, {**PRICE, "how": how, "price": ""}).status_code == 302
    assert db.session.scalar(select(Listing.price_pence)) == {"ask": None, "free": 0}[how]


def test_questions_follow_each_other_until_all_are_answered_then_one_change_comes_back(
    app: Flask, client: FlaskClient
) -> None:
    actor, organisation_id = joined(client)
    new = listings.begin(actor, organisation_id, listings.What("Gardening", "gardening"))
    words = {"summary": "Mowing and weeding", "description": "All of it."}
    first = submit(client, f"/provider/listings/{new}/words", words)
    assert first.location == f"/provider/listings/{new}/price"
    whole = written(client, organisation_id)
    again = submit(client, f"/provider/listings/{whole}/words", words)
    assert again.location == f"/provider/listings/{whole}"


def test_the_whole_listing_is_on_one_page_before_it_is_sent_in(app: Flask, client: FlaskClient) -> None:
    actor, organisation_id = joined(client)
    listing_id = written(client, organisation_id)
    page = text_of(client.get(f"/provider/listings/{listing_id}"))
    for words in (
        "Gardening. A service",
        "1 to 40 hours",
        "None: we are not registered",
        "Within 8 miles of DL3 7TX",
        "Card, from people who have a direct payment",
    ):
        assert words in page
    listings.change(actor, listing_id, listings.Area(AreaKind.COUNCILS, council_gss=("E06000005", "E06000047")))
    assert "County Durham and Darlington" in text_of(client.get(f"/provider/listings/{listing_id}"))


def test_a_listing_that_cannot_be_sent_in_says_so_on_its_own_page(app: Flask, client: FlaskClient) -> None:
    _, organisation_id = joined(client)
    listing_id = written(client, organisation_id)
    page = f"/provider/listings/{listing_id}"
    submit(client, f"{page}/terms", {"availability": "Weekdays"})
    answer = submit(client, page, {}, to=f"{page}/send_in/now", follow_redirects=True)
    assert answer.request.path == page
    assert "Choose at least one way in which people may pay" in text_of(answer)


def test_a_hundred_and_fifty_councils_are_folded_until_they_are_wanted(app: Flask, client: FlaskClient) -> None:
    _, organisation_id = joined(client)
    page = f"/provider/listings/{written(client, organisation_id)}/area"
    assert '<details class="govuk-details">' in client.get(page).text
    assert '<details class="govuk-details" open>' in submit(client, page, {"area": "councils"}).text


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
