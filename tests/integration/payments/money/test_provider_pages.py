"""A provider's pages about money: what comes, the account at Stripe, the statement, giving back."""

import csv
import io
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.models import OrderLine
from payments.requirements import requirement_words
from payments.services import refunds, settlement, statements
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import user_with_role
from tests.factories.catalogue import ProviderFactory
from tests.integration.payments.money.telling import (
    captured,
    card_story,
    finance,
    provider_organisation,
    settled_story,
    work,
)
from tests.stripe import TestSandbox


def _provider() -> tuple[int, int]:
    with transaction():
        organisation_id = ProviderFactory(organisation_name="Dales Home Care").organisation_id
        return organisation_id, user_with_role(Role.PROVIDER, provider_organisation(organisation_id)).id


def test_a_new_provider_is_led_to_stripe_and_back_and_then_takes_cards(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    organisation_id, user_id = _provider()
    sign_in(client, user_id)
    assert "You cannot be paid by card yet" in text_of(client.get("/provider/money"))
    page = client.get("/provider/money/stripe")
    assert "Tell Stripe who you are" in text_of(page)
    away = client.get(f"/provider/money/stripe/go?organisation={organisation_id}")
    assert away.location.startswith(f"{stripe_sandbox.url}/onboarding/")
    back = client.get("/provider/money/stripe/back", follow_redirects=True)
    words = text_of(back)
    assert "The bank account to be paid into" in words
    assert "Go on at Stripe" in words
    account = stripe_sandbox.objects("accounts")[0]
    assert account["metadata"]["organisation"] == str(organisation_id)
    stripe_sandbox.ready_account(account["id"])
    assert "You can take cards now" in text_of(client.get("/provider/money/stripe/back", follow_redirects=True))
    assert "You can be paid by card" in text_of(client.get("/provider/money/stripe"))
    client.get("/provider/money/stripe/go")
    assert len([a for a in stripe_sandbox.objects("accounts") if a["metadata"].get("organisation")]) == 1


def test_without_stripe_the_page_says_so_and_offers_no_dead_button(app: Flask, client: FlaskClient) -> None:
    sign_in(client, _provider()[1])
    words = text_of(client.get("/provider/money/stripe"))
    assert "Card payments are not set up on this site yet" in words
    assert "Tell Stripe" not in words
    assert "Card payments are not set up" in text_of(client.get("/provider/money/stripe/go", follow_redirects=True))


def test_stripe_that_does_not_answer_is_a_sentence(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    sign_in(client, _provider()[1])
    stripe_sandbox.fault("error_before", path="/v1/accounts", times=10)
    assert "Try again in a few minutes" in text_of(client.get("/provider/money/stripe/go", follow_redirects=True))


def test_what_is_coming_names_its_orders_and_what_each_waits_for(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    paid = captured(stripe_sandbox)
    due = settled_story(organisation_id=paid.organisation_id)
    sign_in(client, paid.provider.user_id or 0)
    words = text_of(client.get("/provider/money"))
    assert f"{due.order.reference} In the next payment run £54.00 £1.35 £52.65" in words
    assert paid.order.reference not in words
    assert "£52.65 is in your own account at Stripe" in words


def test_a_run_that_was_sent_shows_with_its_remittance(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    first, second = finance()
    run_id = settlement.prepare(first, story.order.council_id or 0, clock.today())
    sign_in(client, story.provider.user_id or 0)
    address = f"/settlement/{run_id}/remittance/{story.organisation_id}"
    assert client.get(address).status_code == 404
    settlement.send(second, run_id)
    assert address in client.get("/provider/money").get_data(as_text=True)
    words = text_of(client.get(address))
    assert "pays" in words
    assert "£52.65" in words
    file = client.get(f"{address}.csv")
    assert file.content_type == "text/csv; charset=utf-8"
    assert story.order.reference in file.get_data(as_text=True)


def test_the_statement_has_each_line_with_its_levy_and_what_was_given_back(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox, lines=((1, 1999), (2, 1001), (1, 400)))
    line_id = db.session.scalars(
        select(OrderLine.id).where(OrderLine.order_id == story.order_id, OrderLine.line_no == 2)
    ).one()
    refunds.ask_refund(story.provider, story.order_id, key="form-1", reason_code="less_delivered", lines={line_id: 1})
    work()
    settled_story(organisation_id=story.organisation_id)
    statement = statements.get_statement(story.provider, story.organisation_id, clock.today())
    assert [(line.gross_pence, line.levy_pence) for line in statement.lines] == [
        (1999, 50),
        (2002, 50),
        (400, 10),
        (-1001, -25),
    ]
    assert statement.levy_pence == story.funding.levy_pence - story.funding.levy_back_pence
    sign_in(client, story.provider.user_id or 0)
    words = text_of(client.get("/provider/statement"))
    assert "£44.01" in words, "sold"
    assert "£10.01" in words, "given back"
    rows = [*csv.DictReader(io.StringIO(client.get("/provider/statement.csv").get_data(as_text=True).lstrip("\ufeff")))]
    assert [row["net"] for row in rows] == ["19.49", "19.52", "3.90", "-9.76", "33.15"]


def test_a_settled_sale_with_something_given_back_before_shows_what_was_paid(app: Flask) -> None:
    story = settled_story(lines=((1, 1999), (1, 3001)))
    refunds.ask_refund(story.provider, story.order_id, key="form-1", reason_code="goodwill", pence=1000)
    first, second = finance()
    run_id = settlement.prepare(first, story.order.council_id or 0, clock.today())
    settlement.send(second, run_id)
    statement = statements.get_statement(story.provider, story.organisation_id, clock.today())
    assert (statement.gross_pence, statement.levy_pence) == (4000, 100)


def test_a_month_that_is_over_keeps_its_statement(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    before = statements.get_statement(story.provider, story.organisation_id, clock.today())
    this = clock.first_of_month(clock.today())
    with clock.fixed_clock(clock.start_of_day(clock.next_month(this)) + timedelta(hours=12)):
        refunds.ask_refund(story.provider, story.order_id, key="form-1", reason_code="goodwill", pence=1000)
        work()
        assert statements.get_statement(story.provider, story.organisation_id, this) == before
        after = statements.get_statement(story.provider, story.organisation_id, clock.today())
        assert [line.gross_pence for line in after.lines] == [-1000]
        assert statements.months_with_sales(story.organisation_id) == [clock.next_month(this), this]


@pytest.mark.parametrize("month", ["2026", "2026-13", "abc", "2026-1", "٢٠٢٦-٠١", "9999-99"])
def test_an_address_with_no_month_in_it_is_not_found(app: Flask, client: FlaskClient, month: str) -> None:
    sign_in(client, _provider()[1])
    assert client.get("/provider/statement", query_string={"month": month}).status_code == 404


def test_a_month_without_sales_says_so(app: Flask, client: FlaskClient) -> None:
    sign_in(client, _provider()[1])
    assert "Nothing was sold in this month" in text_of(client.get("/provider/statement?month=2020-02"))


def test_another_providers_money_is_not_there(app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox) -> None:
    story, other = captured(stripe_sandbox), card_story(stripe_sandbox)
    sign_in(client, other.provider.user_id or 0)
    for page in ("/provider/money", "/provider/money/stripe", "/provider/statement", "/provider/statement.csv"):
        assert client.get(f"{page}?organisation={story.organisation_id}").status_code == 404
    assert client.get(f"/provider/orders/{story.order_id}/refund").status_code == 404
    with pytest.raises(NotFound):
        statements.get_statement(other.provider, story.organisation_id, date(2026, 1, 1))


def test_a_provider_gives_money_back_by_the_form_once(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    sign_in(client, story.provider.user_id or 0)
    page = f"/provider/orders/{story.order_id}/refund"
    assert page in client.get(f"/provider/orders/{story.order_id}").get_data(as_text=True)
    html = client.get(page).get_data(as_text=True)
    key = html.split('name="key"')[1].split('value="')[1].split('"')[0]
    line_id = db.session.scalars(select(OrderLine.id).where(OrderLine.order_id == story.order_id)).one()
    answers = {"how": "some", f"line_{line_id}": "1", "reason_code": "less_delivered", "key": key}
    assert submit(client, page, answers).status_code == 302
    assert submit(client, page, answers).status_code == 302, "the same form again"
    assert [refund.pence for refund in story.refunds()] == [1800]
    db.session.rollback()
    assert "£36.00" in text_of(client.get(page)), "what can still be given back"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"how": "amount", "pence": "54.01", "reason_code": "goodwill"}, "can still be given back"),
        ({"how": "amount", "reason_code": "goodwill"}, "Enter an amount in pounds"),
        ({"how": "some", "reason_code": "goodwill"}, "Enter what to give back"),
        ({"reason_code": "goodwill"}, "Choose what you give back"),
        ({"how": "all"}, "Choose why the money is given back"),
        ({"how": "amount", "pence": "abc", "reason_code": "goodwill"}, "Enter an amount in pounds"),
    ],
)
def test_a_form_that_cannot_be_read_says_so_beside_the_box_and_gives_nothing_back(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox, answers: dict[str, object], words: str
) -> None:
    story = captured(stripe_sandbox)
    sign_in(client, story.provider.user_id or 0)
    answer = submit(client, f"/provider/orders/{story.order_id}/refund", {"key": "form-1", **answers})
    assert answer.status_code == 200
    assert words in text_of(answer)
    assert "There is a problem" in text_of(answer)
    assert story.refunds() == []


def test_stripes_names_become_sentences_each_once() -> None:
    assert requirement_words(("external_account", "tos_acceptance.date", "tos_acceptance.ip", "new.thing")) == [
        "The bank account to be paid into",
        "That you agree to Stripe’s terms",
        "A few more facts, which Stripe’s page names",
    ]
    assert requirement_words(()) == []
