"""What the check page shows and keeps: answers, addresses, who pays, and what is known from the last order."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from budgets.commands import WhereYouLive
from budgets.models import Person, PersonalBudget
from budgets.services import homes
from marketplace.accounts.services import sessions
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from payments.domain import Payer
from payments.models import BasketLine, Checkout, OrderFunding
from payments.queries.ordered_before import LastOrder
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory
from tests.factories.budgets import OutcomeFactory
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.shop import Shop, all_orders, fields_of


def test_from_a_budget_an_outcome_is_required_beside_its_question(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    with transaction():
        OutcomeFactory(person_id=shop.person_id, words="Keep up with friends")
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
    response = submit(client, f"{checkout}/purpose", {"person_id": shop.person_id, "name": "Margaret"})
    words = text_of(response)
    assert "Choose what this is for" in words and "Enter a telephone number" in words
    assert "Keep up with friends" in words


def test_where_a_person_lives_stands_in_the_boxes_and_what_is_typed_goes_before_it(
    app: Flask, client: FlaskClient
) -> None:
    shop = Shop()
    with transaction():
        person = db.session.get(Person, shop.person_id)
        person.phone, person.address, person.notes_for_providers = "01632 960 007", "7 Teasel Bank", "Ring twice"
    sign_in(client, shop.manager.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
    known = client.get(f"{checkout}/purpose").get_data(as_text=True)
    assert "7 Teasel Bank" in known and "01632 960 007" in known and "Ring twice" in known
    shop.answer(client, checkout)
    typed = client.get(f"{checkout}/purpose").get_data(as_text=True)
    assert "1 High Row" in typed and "7 Teasel Bank" not in typed


@pytest.mark.parametrize(
    ("address", "moved", "asked"), [("1 High Row", 0, False), ("", 0, True), ("1 High Row", 1, True)]
)
def test_an_address_is_taken_from_the_last_order_where_that_has_one_and_nobody_has_moved_since(
    app: Flask, client: FlaskClient, address: str, moved: bool, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    with transaction():
        OrderFactory(
            person_id=shop.person_id,
            buyer_user_id=shop.margaret.user_id,
            placed_at=clock.now(),
            delivery={"name": "Margaret", "address": address},
        )
    if moved:
        homes.say_where(shop.margaret, WhereYouLive("DL3 7TX", address="7 Teasel Bank"))
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    known = db.session.get(Checkout, int(checkout.rsplit("/", 1)[1]))
    assert ("delivery" not in known.answers) is asked
    if moved:
        submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
        assert "7 Teasel Bank" in client.get(f"{checkout}/purpose").get_data(as_text=True)
        # Negative control: where the last order is always believed, it goes to where she lived before.
        monkeypatch.setattr(LastOrder, "delivery_to", lambda last, person: last.delivery)
        with transaction():
            db.session.execute(delete(Checkout))
        known = db.session.get(Checkout, int(shop.begin(client).rsplit("/", 1)[1]))
        assert known.answers["delivery"]["address"] == "1 High Row"


def test_an_individual_service_fund_names_its_holder_as_payer(app: Flask, client: FlaskClient) -> None:
    shop = Shop(rail=Rail.ISF)
    with transaction():
        holder_id = OrganisationFactory(name="Holder Trust").id
        db.session.get(PersonalBudget, shop.budget_id).isf_holder_organisation_id = holder_id
    checkout = shop.ready(client)
    shop.place(client, checkout)
    funding = db.session.scalars(select(OrderFunding)).first()
    assert (funding.payer, funding.payer_organisation_id) == (Payer.ISF_HOLDER, holder_id)


def test_a_session_that_ended_leads_back_to_the_page_with_all_that_was_typed(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3)
    checkout = shop.begin(client)
    submit(client, f"{checkout}/who", {"person_id": shop.person_id})
    submit(client, f"{checkout}/paid", {"person_id": shop.person_id, "way": shop.way})
    page = f"{checkout}/purpose"
    token = fields_of(client.get(page))["csrf_token"]
    with client.session_transaction() as session:
        sessions.end(session["_user_id"])
    data = {"csrf_token": token, "person_id": shop.person_id, "name": "Margaret", "notes": "Mind the <b>dog</b>"}
    sent = client.post(page, data=data, headers={"Referer": f"http://localhost{page}"})
    assert sent.location.startswith("/sign-in?next=") and "purpose" in sent.location
    client.get(sent.location)
    sign_in(client, shop.margaret.user_id or 0)
    again = client.get(page)
    assert "Mind the &lt;b&gt;dog&lt;/b&gt;" in again.get_data(as_text=True)
    assert db.session.scalar(select(func.count(BasketLine.id))) == 1


def test_a_form_of_another_persons_tab_is_not_taken(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    checkout = shop.ready(client)
    page = fields_of(client.get(checkout))
    assert client.post(checkout, data={**page, "person_id": "999999"}).status_code == 404
    assert all_orders() == []


def test_a_script_in_a_note_or_an_address_is_shown_as_text(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    bad = "<script>alert(1)</script>"
    sign_in(client, shop.margaret.user_id or 0)
    shop.add(client, 0, 3, note=bad)
    checkout = shop.begin(client)
    shop.answer(client, checkout, address=bad, notes=bad, name=bad)
    pages = [client.get(f"/basket?for={shop.person_id}"), client.get(checkout)]
    shop.place(client, checkout)
    order_id = all_orders()[0].id
    provider = app.test_client()
    sign_in(provider, shop.dale.user_id or 0)
    pages += [client.get(f"/orders/{order_id}"), provider.get(f"/provider/orders/{order_id}")]
    for page in pages:
        html = page.get_data(as_text=True)
        assert page.status_code == 200
        assert bad not in html and "&lt;script&gt;" in html


def test_the_next_order_starts_with_what_is_known_and_is_one_page(app: Flask, client: FlaskClient) -> None:
    shop = Shop()
    shop.place(client, shop.ready(client))
    shop.add(client, 0, 1)
    checkout = shop.begin(client)
    page = client.get(checkout)
    assert page.status_code == 200
    assert "1 High Row, Darlington" in text_of(page)
    shop.place(client, checkout)
    assert len(all_orders()) == 3
