"""A basket keeps what was put in it, for the right person, and says in words what cannot be."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from budgets.domain import MandateAction
from budgets.models import Person
from catalogue.domain import ListingState, ProviderState
from catalogue.models import Provider
from marketplace.accounts.services import signing_in
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.models import Basket, BasketLine
from payments.queries.baskets import Owner, digest_of
from payments.routes.basket import COOKIE
from payments.services import baskets
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory
from tests.factories.budgets import MandateFactory, PersonFactory
from tests.integration.payments.orders.shop import Shop


def lines() -> list[tuple[int, int]]:
    """Listing and quantity of every line in every basket."""
    db.session.rollback()
    return [
        tuple(row)
        for row in db.session.execute(select(BasketLine.listing_id, BasketLine.quantity).order_by(BasketLine.id))
    ]


@pytest.mark.parametrize(
    ("quantity", "sentence"),
    [
        ("0", "Choose 1 to 200 hours."),
        ("1,000,001", "Choose 1 to 200 hours."),
        ("-3", "Enter a whole number, like 5"),
        ("1.5", "Enter a whole number, like 5"),
        ("", "Enter how many, like 3"),
        ("99999999999999999999", "Enter a whole number, like 5"),
        ("500", "Choose 1 to 200 hours."),
        ("three", "Enter a whole number, like 5"),
    ],
)
def test_an_impossible_quantity_is_said_beside_its_box_and_stays_typed(
    app: Flask, client: FlaskClient, quantity: str, sentence: str
) -> None:
    shop = Shop()
    response = shop.add(client, 0, quantity, person_id="", note="In the morning")
    html = response.get_data(as_text=True)
    assert sentence in text_of(response)
    assert f'value="{quantity}"' in html or not quantity
    assert "In the morning" in html
    assert 'href="#quantity"' in html
    assert lines() == []


def test_an_impossible_quantity_in_the_basket_is_said_beside_that_line(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    shop.add(client, 1, 3)
    line_id = db.session.scalars(select(BasketLine.id).order_by(BasketLine.id)).first()
    page = f"/basket?for={shop.person_id}"
    response = submit(client, page, {"person_id": shop.person_id, "quantity": "0"}, to=f"/basket/lines/{line_id}")
    html = response.get_data(as_text=True)
    assert f'href="#quantity-{line_id}"' in html and f'id="quantity-{line_id}-error"' in html
    assert html.count("govuk-error-message") == 1
    assert [quantity for _, quantity in lines()] == [3, 3]
    submit(client, page, {"person_id": shop.person_id, "quantity": "4"}, to=f"/basket/lines/{line_id}")
    assert [quantity for _, quantity in lines()] == [4, 3]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"price_pence": 0}, "This is free, so there is nothing to order. Get in touch with Dales Home Care yourself."),
        ({"price_pence": None}, "gives a price when you ask"),
        ({"state": ListingState.PAUSED}, "is not taking new orders for this at the moment"),
        (
            {"accepts_own_money": False, "accepts_direct_payment": False, "accepts_council_managed": False}
            | {"accepts_isf": False},
            "does not take orders for this here",
        ),
    ],
)
def test_what_cannot_be_ordered_here_says_how_to_get_it(
    app: Flask, client: FlaskClient, change: dict[str, object], sentence: str
) -> None:
    shop = Shop()
    page = f"/basket/add?listing_id={shop.listing_ids[0]}"
    data = {"listing_id": shop.listing_ids[0], "quantity": 1, "person_id": ""}
    token_page = f"/basket/add?listing_id={shop.listing_ids[1]}"
    shop.change_listing(**change)
    assert sentence in text_of(client.get(page))
    assert sentence in text_of(submit(client, token_page, data, to="/basket/add"))
    assert lines() == []


def test_an_unclaimed_provider_takes_no_orders(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    with transaction():
        for provider in db.session.scalars(select(Provider)):
            provider.state = ProviderState.UNCLAIMED
    page = text_of(client.get(f"/basket/add?listing_id={shop.listing_ids[0]}"))
    assert "has not joined this site yet" in page


def test_a_listing_that_never_was_is_not_there(app: Flask, client: FlaskClient) -> None:
    for listing_id in ("0", "999999", "x", "-1", "9" * 30, ""):
        assert client.get(f"/basket/add?listing_id={listing_id}").status_code == 404


def test_the_same_thing_twice_adds_up_within_its_limit(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.change_listing(max_quantity=5)
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    shop.add(client, 0, 2)
    assert lines() == [(shop.listing_ids[0], 5)]
    assert "You have 5 hours in your basket already" in text_of(shop.add(client, 0, 1))
    shop.add(client, 0, 1, note="Another day")
    assert len(lines()) == 2


@pytest.mark.parametrize(("days", "sentence"), [(-1, "Choose a day from today on"), (400, "within a year from now")])
def test_a_day_that_has_been_or_is_far_off_is_refused(
    app: Flask, client: FlaskClient, days: int, sentence: str
) -> None:
    shop = Shop()
    day = clock.today() + timedelta(days=days)
    assert sentence in text_of(shop.add(client, 0, 1, person_id="", wanted_on=day.isoformat()))


def test_a_basket_filled_before_signing_in_is_there_afterwards(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.add(client, 0, 3, person_id="")
    assert "Help from Dales Home Care" in text_of(client.get("/basket"))
    token = client.get_cookie(COOKIE).value
    sign_in(client, shop.margaret.user_id or 0)
    with app.test_request_context("/", headers={"Cookie": f"{COOKIE}={token}"}):
        signing_in.begin(shop.margaret.user_id or 0)
    assert "Help from Dales Home Care" in text_of(client.get("/basket"))
    basket = db.session.scalars(select(Basket)).one()
    assert (basket.user_id, basket.person_id, basket.token_digest) == (shop.margaret.user_id, shop.person_id, None)


def test_merging_keeps_both_baskets_and_the_larger_number_of_the_same_thing(app: Flask) -> None:
    shop = Shop()
    own, browser = Owner(shop.margaret.user_id, shop.person_id), Owner(token="secret")
    baskets.add(own, baskets.LineWanted(shop.listing_ids[0], 2))
    baskets.add(browser, baskets.LineWanted(shop.listing_ids[0], 5))
    baskets.add(browser, baskets.LineWanted(shop.listing_ids[1], 1))
    assert baskets.merge_anonymous(shop.margaret.user_id or 0, "secret") is True
    assert sorted(lines()) == sorted([(shop.listing_ids[0], 5), (shop.listing_ids[1], 1)])
    assert baskets.merge_anonymous(shop.margaret.user_id or 0, "secret") is False


def test_the_database_keeps_no_browsers_secret(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.add(client, 0, 3, person_id="")
    token = client.get_cookie(COOKIE).value
    kept = db.session.scalars(select(Basket.token_digest)).one()
    assert kept == digest_of(token) and token not in kept
    assert client.get_cookie(COOKIE).http_only


def test_another_browser_sees_and_changes_nothing_of_a_basket(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.add(client, 0, 3, person_id="")
    line_id = db.session.scalars(select(BasketLine.id)).one()
    thief = app.test_client()
    shop.add(thief, 1, 1, person_id="")
    assert "Dales" not in text_of(thief.get("/basket"))
    page = "/basket"
    assert submit(thief, page, {"quantity": 9}, to=f"/basket/lines/{line_id}").status_code == 404
    submit(thief, page, {}, to=f"/basket/lines/{line_id}/remove")
    assert submit(thief, page, {"price_pence": 1800}, to=f"/basket/lines/{line_id}/price").status_code == 404
    assert thief.get(f"/basket/lines/{line_id}/details").status_code == 404
    assert (shop.listing_ids[0], 3) in lines()


def test_a_basket_for_somebody_without_a_mandate_is_not_there(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    with transaction():
        stranger, other = UserFactory().id, PersonFactory().id
    sign_in(client, stranger)
    assert client.get(f"/basket?for={shop.person_id}").status_code == 404
    assert client.get(f"/basket?for={other}").status_code == 404
    assert client.get("/basket?for=999999").status_code == 404
    assert client.get("/basket?for=abc").status_code == 404


def test_two_tabs_for_two_people_never_mix(app: Flask, client: FlaskClient) -> None:
    """The manager chooses Margaret; a form opened before for somebody else still goes to that one."""
    shop = Shop()
    with transaction():
        harold_id = PersonFactory(name="Harold Reed").id
        MandateFactory(person_id=harold_id, staff=[shop.manager.user_id])
    sign_in(client, shop.manager.user_id or 0)
    submit(client, f"/basket/add?listing_id={shop.listing_ids[0]}", {}, to=f"/acting/{shop.person_id}")
    harolds_form = {"listing_id": shop.listing_ids[1], "quantity": 2, "person_id": harold_id}
    page = f"/basket/add?listing_id={shop.listing_ids[1]}"
    assert submit(client, page, harolds_form, to="/basket/add").location == f"/basket?for={harold_id}"
    client.get(shop.add(client, 0, 1).location)
    harolds = text_of(client.get(f"/basket?for={harold_id}"))
    assert "Basket for Harold Reed" in harolds and "You are acting for Harold Reed" in harolds
    assert "Tees Meals" in harolds and "Dales" not in harolds
    margarets = text_of(client.get(f"/basket?for={shop.person_id}"))
    assert "Dales" in margarets and "Tees" not in margarets


def test_an_empty_person_in_a_form_means_oneself_whatever_another_tab_chose(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    with transaction():
        own_id = PersonFactory(user_id=shop.manager.user_id, name="Bea Manager").id
    sign_in(client, shop.manager.user_id or 0)
    with client.session_transaction() as session:
        session["acting_for"] = shop.person_id
    assert shop.add(client, 0, 1, person_id="").location == f"/basket?for={own_id}"
    assert db.session.scalars(select(Basket.person_id)).one() == own_id


def test_staff_say_whom_a_basket_is_for_before_it_can_be_ordered(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.manager.user_id or 0)
    shop.add(client, 0, 3, person_id="")
    assert "Say who this is for" in text_of(client.get("/basket"))
    assert db.session.scalar(select(func.count(Person.id)).where(Person.user_id == shop.manager.user_id)) == 0
    response = submit(client, "/basket/whose", {"whose": shop.person_id})
    assert response.location == f"/basket?for={shop.person_id}"
    assert db.session.scalars(select(Basket.person_id)).one() == shop.person_id


def test_a_basket_nobody_touched_for_30_days_goes_and_a_younger_one_stays(app: Flask) -> None:
    shop = Shop()
    start = clock.now()
    with clock.fixed_clock(start - timedelta(days=31)):
        baskets.add(Owner(token="old"), baskets.LineWanted(shop.listing_ids[0], 2))
    with clock.fixed_clock(start - timedelta(days=29)):
        baskets.add(Owner(token="young"), baskets.LineWanted(shop.listing_ids[1], 2))
    assert baskets.drop_old() == 1
    assert lines() == [(shop.listing_ids[1], 2)]


def test_the_top_of_each_page_counts_what_is_in_the_basket(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    shop.add(client, 1, 3)
    assert "Basket 2 things" in text_of(client.get("/orders"))


def test_a_line_can_be_changed_in_every_way_and_taken_out(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    line_id = db.session.scalars(select(BasketLine.id)).one()
    page = f"/basket/lines/{line_id}/details?for={shop.person_id}"
    day = clock.today() + timedelta(days=2)
    submit(
        client, page, {"person_id": shop.person_id, "quantity": 2, "wanted_on": day.isoformat(), "note": "Ring twice"}
    )
    row = db.session.scalars(select(BasketLine)).one()
    assert (row.quantity, row.wanted_on, row.note) == (2, day, "Ring twice")
    for listing_id in ("", "no number", "\x00", "9" * 30):  # what the line is of, the line says
        data = {"person_id": shop.person_id, "quantity": 3, "listing_id": listing_id}
        assert submit(client, page, data).status_code == 302
    basket = f"/basket?for={shop.person_id}"
    for _ in range(2):
        submit(client, page, {"person_id": shop.person_id}, to=f"/basket/lines/{line_id}/remove") if lines() else None
    assert "Nothing in the basket yet" in text_of(client.get(basket))


def test_whoever_may_only_read_for_a_person_has_their_own_basket(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    with transaction():
        reader_id = UserFactory().id
        MandateFactory(person_id=shop.person_id, staff=[reader_id], actions=[MandateAction.READ_BUDGET])
    sign_in(client, reader_id)
    with client.session_transaction() as session:
        session["acting_for"] = shop.person_id
    assert "Your basket" in text_of(client.get("/basket"))
    assert client.get(f"/basket?for={shop.person_id}").status_code == 404


def test_a_listings_page_names_for_whom_its_form_is_and_sells_nothing_that_is_free(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    sign_in(client, shop.manager.user_id or 0)
    page = client.get(f"/listing/{shop.listing_ids[0]}?for={shop.person_id}").get_data(as_text=True)
    assert f'name="person_id" value="{shop.person_id}"' in page and "Add to basket" in page
    assert 'name="person_id" value=""' in client.get(f"/listing/{shop.listing_ids[0]}").get_data(as_text=True)
    shop.change_listing(price_pence=0)
    free = text_of(client.get(f"/listing/{shop.listing_ids[0]}"))
    assert "there is nothing to order" in free and "Add to basket" not in free


@pytest.mark.parametrize("state", [ListingState.DRAFT, ListingState.WAITING])
def test_what_was_never_shown_is_not_there_for_a_basket_either(
    app: Flask, client: FlaskClient, state: ListingState
) -> None:
    shop = Shop()
    page = f"/basket/add?listing_id={shop.listing_ids[0]}"
    assert "Help from Dales Home Care" in text_of(client.get(page))
    shop.change_listing(state=state)
    for response in (client.get(page), submit(client, "/sign-in", {"listing_id": shop.listing_ids[0]}, to=page)):
        assert response.status_code == 404
        assert "Help from Dales Home Care" not in text_of(response)


def test_the_second_button_of_a_listing_leads_straight_to_the_last_page_of_checkout(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    address = f"/listing/{shop.listing_ids[0]}"
    assert "go on to order" not in text_of(client.get(address))
    sign_in(client, shop.margaret.user_id or 0)
    assert "go on to order" in text_of(client.get(address))
    answer = shop.add(client, 0, 2, then="order")
    assert answer.status_code == 302 and str(answer.location).startswith("/checkout/")
    assert lines() == [(shop.listing_ids[0], 2)]
    refused = shop.add(client, 0, 0, then="order")
    assert refused.status_code == 200 and "Choose" in text_of(refused)
    assert lines() == [(shop.listing_ids[0], 2)]


def test_who_helps_nobody_in_particular_is_asked_for_whom_before_going_on(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.manager.user_id or 0)
    answer = shop.add(client, 0, 2, then="order", person_id="")
    assert answer.status_code == 302 and str(answer.location).startswith("/basket")


def test_the_same_form_sent_again_puts_nothing_more_into_the_basket(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    sign_in(client, shop.margaret.user_id or 0)
    first = shop.add(client, 0, 3, key="pressed-once")
    again = shop.add(client, 0, 3, key="pressed-once")
    assert first.status_code == again.status_code == 302 and lines() == [(shop.listing_ids[0], 3)]
    assert "was put in already" in text_of(client.get(again.location))
    owner = Owner(shop.margaret.user_id, shop.person_id)
    twice = [baskets.add(owner, baskets.LineWanted(shop.listing_ids[1], 1, key="both")) for _ in range(2)]
    assert twice == [True, False]
    shop.add(client, 0, 500, key="too-many")  # refused: the same form may be sent again with less
    shop.add(client, 0, 2, key="too-many")
    assert lines() == [(shop.listing_ids[0], 5), (shop.listing_ids[1], 1)]
    html = client.get(f"/listing/{shop.listing_ids[0]}").get_data(as_text=True)
    assert len(set(re.findall(r'name="key" value="([^"]{30,})"', html))) == 1
    monkeypatch.setattr(baskets, "_is_first_press", lambda key: True)  # the control: without it the press counts twice
    shop.add(client, 0, 3, key="pressed-once")
    assert lines()[0] == (shop.listing_ids[0], 8)
