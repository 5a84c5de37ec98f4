"""The levy by month, e-mails, finding things, and who did what."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import letters
from marketplace.accounts.domain import Role
from marketplace.accounts.models import User
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.outbox.email import queue_email
from marketplace.outbox.models import Email
from payments import ledger
from payments.ledger import stories
from payments.models import Order
from payments.queries.operator import list_months
from tests.browser import text_of
from tests.factories.accounts import user_with_role
from tests.factories.budgets import PersonFactory
from tests.integration.desk.desks import an_order, at_the_desk, statements


def _book(day: datetime, *entries: ledger.Entry) -> None:
    with clock.fixed_clock(day), transaction():
        for entry in entries:
            ledger.book(entry)


def _sale(number: int, gross: int, levy: int, at: datetime) -> ledger.Entry:
    return stories.sale(number, "council:3:owed", 12, gross, levy, at, ledger.Subject())


def _refund(number: int, pence: int, levy: int, at: datetime) -> ledger.Entry:
    return stories.refund(number, "council:3:owed", 12, pence, levy, at, ledger.Subject(), "not_delivered")


def test_a_month_is_what_the_ledger_booked_in_it_by_london_days(app: Flask, monkeypatch: object) -> None:
    late = datetime(2026, 3, 31, 22, 59, 59, tzinfo=UTC)  # 23:59:59 in London
    later = datetime(2026, 3, 31, 23, 0, 1, tzinfo=UTC)  # April there
    subject_free = [(late, _sale(1, 5_400, 135, late)), (later, _sale(2, 10_000, 250, later))]
    with transaction():
        _owners()
    for at, entry in subject_free:
        _book(at, entry)
    _book(later, _refund(1, 5_400, 135, later))
    _book(later, stories.movement("txn_1", "charge", 5_400, 101, later, ledger.Subject(person_id=_person())))
    april, march = list_months(late.date(), clock.london(later).date())
    assert (march.earned_pence, march.given_back_pence, march.fees_pence, march.left_pence) == (135, 0, 0, 135)
    assert (april.earned_pence, april.given_back_pence, april.levy_pence) == (250, 135, 115)
    assert (april.card_fees_pence, april.left_pence) == (101, 14)


def _owners() -> None:
    """The chart's accounts name an organisation and a council by number: there have to be such."""
    from marketplace.accounts.models import Organisation
    from tests.factories.accounts import OrganisationFactory

    while (db.session.scalar(select(Organisation.id).order_by(Organisation.id.desc()).limit(1)) or 0) < 12:
        OrganisationFactory()


def _person() -> int:
    with transaction():
        return int(PersonFactory().id)


def test_the_levy_page_shows_twelve_months_and_the_table(app: Flask, client: FlaskClient) -> None:
    at_the_desk(client)
    words = text_of(client.get("/desk/levy"))
    assert words.count("£0.00") >= 12
    assert "Card fees" in words


def test_the_months_cost_one_query(app: Flask) -> None:
    db.session.rollback()
    with statements() as found:
        list_months(clock.today(), clock.today())
    assert len(found) == 1


def test_emails_can_be_read_and_narrowed(app: Flask, client: FlaskClient) -> None:
    with transaction():
        queue_email("margaret@example.org", "Your order is booked", "Hello\n\nSee http://localhost/orders/1 <b>\n")
        queue_email("other@example.org", "Something else", "Hello\n")
    at_the_desk(client)
    assert "Something else" in text_of(client.get("/desk/emails"))
    narrowed = text_of(client.get("/desk/emails?to=Margaret@example.org"))
    assert "Your order is booked" in narrowed
    assert "Something else" not in narrowed
    email_id = db.session.execute(select(Email.id).where(Email.subject == "Your order is booked")).scalar_one()
    html = client.get(f"/desk/emails/{email_id}").get_data(as_text=True)
    assert 'href="http://localhost/orders/1"' in html
    assert "&lt;b&gt;" in html
    assert "Not yet" in html


def _page_of_a_letter(client: FlaskClient) -> str:
    """The letter for a new password, as the desk shows it."""
    with transaction():
        letters.send(letters.new_password("x" * 60), "edith@example.org")
        email_id = db.session.execute(select(Email.id)).scalar_one()
    at_the_desk(client)
    return client.get(f"/desk/emails/{email_id}").get_data(as_text=True)


def test_the_desk_does_not_read_the_keys_of_other_people(app: Flask, client: FlaskClient) -> None:
    page = _page_of_a_letter(client)
    assert "/reset-password/…" in page
    assert "x" * 24 not in page
    assert "The end of a link is left out here" in page


def test_a_demo_without_mail_shows_the_whole_letter(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "DEMO", True)
    assert f"/reset-password/{'x' * 60}" in _page_of_a_letter(client)


def test_an_order_is_found_by_its_reference_in_any_writing(app: Flask, client: FlaskClient) -> None:
    order_id = an_order()
    reference = db.session.execute(select(Order.reference).where(Order.id == order_id)).scalar_one()
    at_the_desk(client)
    for text in (reference, reference.lower().replace("-", " ")):
        html = client.get("/desk/find", query_string={"q": text}).get_data(as_text=True)
        assert f'href="/desk/order/{order_id}"' in html


def test_staff_are_found_by_address_and_people_by_number_without_their_profile(app: Flask, client: FlaskClient) -> None:
    with transaction():
        user = user_with_role(Role.COMMISSIONER, name="Colin Commissioner")
        email = user.email
        person = PersonFactory(name="Margaret Secret", notes_for_providers="Has dementia")
        person_id = person.id
    at_the_desk(client)
    assert "Commissioner" in text_of(client.get("/desk/find", query_string={"q": email}))
    page = text_of(client.get("/desk/find", query_string={"q": str(person_id)}))
    assert f"Number {person_id}" in page
    assert "Margaret" not in page
    assert "dementia" not in page
    assert "Nothing found" in text_of(client.get("/desk/find?q=zzzz"))


def test_organisations_are_found_by_a_part_of_their_name(app: Flask, client: FlaskClient) -> None:
    with transaction():
        user_with_role(Role.PROVIDER)
    at_the_desk(client)
    assert "Organisation" in text_of(client.get("/desk/find?q=rganisat"))
    assert "Nothing found" in text_of(client.get("/desk/find?q=%25"))


def test_the_record_says_who_did_what_to_a_thing(app: Flask, client: FlaskClient) -> None:
    order_id = an_order()
    reference = db.session.execute(select(Order.reference)).scalar_one()
    buyer = db.session.execute(
        select(User.name).join(Order, Order.buyer_user_id == User.id).where(Order.id == order_id)
    ).scalar_one()
    at_the_desk(client)
    for number in (order_id, reference):
        words = text_of(client.get("/desk/audit", query_string={"object": "order", "id": number}))
        assert "order.create" in words
        assert buyer in words
    assert "Nothing is on the record" in text_of(client.get("/desk/audit?object=order&id=999999"))
