"""A provider's payouts: what is coming, when and of which orders, what reached the bank, and what came back from it."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.database import transaction
from marketplace.kernel import clock
from payments import ledger
from payments.ledger import Subject, stories
from payments.queries import payouts as queries
from payments.queries.payouts import PartView, ProviderPayouts, Stretch, get_payout, payouts_of_provider
from payments.services import orders, refunds, settlement
from tests.browser import sign_in, text_of
from tests.integration.payments.money.telling import Story, captured, finance, settled_story, work
from tests.stripe import TestSandbox


def _pay_out(sandbox: TestSandbox, story: Story, pence: int) -> str:
    sandbox.act("advance_clock", days=4)
    payout = sandbox.api("POST", "payouts", account=story.account_id, amount=pence, currency="gbp")
    sandbox.act("advance_clock", days=3)
    sandbox.deliver()
    return str(payout["id"])


def _nets(parts: tuple[PartView, ...]) -> list[tuple[str | None, int]]:
    return [(part.reference, part.net_pence) for part in parts]


def _rows(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(client.get(path).get_data(as_text=True).lstrip("\ufeff")))]


def test_a_payout_names_its_orders_less_what_was_given_back_and_the_levy(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    first = captured(stripe_sandbox)
    second = captured(stripe_sandbox, provider_of=first)
    refunds.ask_refund(first.provider, first.order_id, key="form-1", reason_code="less_delivered", pence=1800)
    work()
    sign_in(client, first.provider.user_id or 0)
    before = text_of(client.get("/provider/payouts"))
    assert "On its way to your bank: £87.75" in before
    assert "£54.00 −£18.00 −£0.90 £35.10" in before
    _pay_out(stripe_sandbox, first, 3510)
    payouts = payouts_of_provider(first.organisation_id)
    (paid,) = payouts.paid
    assert _nets(paid.parts) == [(first.order.reference, 3510)]
    assert _nets(payouts.on_its_way) == [(second.order.reference, 5265)]
    page = text_of(client.get(f"/provider/payouts/{paid.entry_id}"))
    assert "Payout of £35.10" in page and first.order.reference in page and second.order.reference not in page
    rows = _rows(client, "/provider/payouts.csv")
    assert [(row["order"], row["net"]) for row in rows] == [
        (first.order.reference, "35.10"),
        (second.order.reference, "52.65"),
    ]
    assert rows[1]["paid_on"] == "on its way"


def test_a_payout_that_the_bank_sent_back_is_said_plainly_with_what_to_do(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    payout = _pay_out(stripe_sandbox, story, 5265)
    sign_in(client, story.provider.user_id or 0)
    assert "Your bank sent back" not in text_of(client.get("/provider/payouts"))
    stripe_sandbox.act("fail_payout", payout=payout)
    stripe_sandbox.deliver()
    words = text_of(client.get("/provider/payouts?show=returned"))
    assert "Your bank sent back £52.65" in words and "Look at the bank details that Stripe has of you" in words
    assert "On its way to your bank: £52.65" in words
    (paid,) = payouts_of_provider(story.organisation_id).paid
    assert "Your bank sent it back" in text_of(client.get(f"/provider/payouts/{paid.entry_id}"))
    _pay_out(stripe_sandbox, story, 5265)
    assert "Your bank sent back" not in text_of(client.get("/provider/payouts"))


def test_money_of_a_council_comes_with_its_run_and_its_credits(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    (first, second), council_id = finance(), story.order.council_id or 0
    run_id = settlement.prepare(first, council_id, clock.today())
    sign_in(client, story.provider.user_id or 0)
    assert "In a payment run that is being checked" in text_of(client.get("/provider/payouts"))
    settlement.send(second, run_id)
    refunds.ask_refund(story.provider, story.order_id, key="form-1", reason_code="less_delivered", pence=1800)
    more = settled_story(organisation_id=story.organisation_id)
    settlement.send(second, settlement.prepare(first, council_id, clock.today()))
    paid = payouts_of_provider(story.organisation_id).paid
    assert [(each.pence, each.order_count) for each in paid] == [(5265 - 1755, 2), (5265, 1)]
    assert [(part.given_back_pence, part.levy_pence) for part in paid[0].parts] == [(0, -135), (-1800, 45)]
    page = client.get("/provider/payouts?show=runs")
    assert f"/settlement/{run_id}/remittance/{story.organisation_id}" in page.get_data(as_text=True)
    assert len(_rows(client, "/provider/payouts.csv?show=runs")) == 3
    assert _rows(client, "/provider/payouts.csv?show=cards") == []
    assert more.order.reference in client.get("/provider/payouts.csv").get_data(as_text=True)


def test_what_a_bank_asks_back_is_named_while_nobody_has_decided(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    stripe_sandbox.act("dispute", charge=story.payment.charge_id)
    stripe_sandbox.deliver()
    sign_in(client, story.provider.user_id or 0)
    page = client.get("/provider/payouts")
    words = text_of(page)
    assert "Asked back by a bank" in words
    assert f"Amount {story.order.reference} " in words and "/disputes/" in page.get_data(as_text=True)


def test_a_complaint_says_why_an_order_is_not_paid(app: Flask, client: FlaskClient) -> None:
    story = settled_story()
    orders.complain(story.buyer, story.order_id, "Nobody came")
    sign_in(client, story.provider.user_id or 0)
    assert "The buyer says that something went wrong" in text_of(client.get("/provider/payouts"))


def test_another_providers_payouts_are_not_there(app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox) -> None:
    story, other = captured(stripe_sandbox), captured(stripe_sandbox)
    _pay_out(stripe_sandbox, story, 5265)
    (paid,) = payouts_of_provider(story.organisation_id).paid
    sign_in(client, other.provider.user_id or 0)
    for path in (
        f"/provider/payouts?organisation={story.organisation_id}",
        f"/provider/payouts.csv?organisation={story.organisation_id}",
        f"/provider/payouts/{paid.entry_id}",
        "/provider/payouts?show=nothing",
    ):
        assert client.get(path).status_code == 404, path


def test_a_thousand_orders_are_paged_and_come_by_as_many_queries(app: Flask, client: FlaskClient) -> None:
    from tests.integration.planning.counting import queries_of

    story = settled_story()
    sign_in(client, story.provider.user_id or 0)
    path = "/provider/payouts"
    few = queries_of(client, path)
    with transaction():
        for number in range(60):
            for kind, pence in (("transfer", -5400), ("application_fee", 135)):
                move = stories.movement(
                    f"txn_{kind}_{number}",
                    kind,
                    pence,
                    0,
                    clock.now(),
                    Subject(),
                    organisation_id=story.organisation_id,
                )
                ledger.book(move)
            ledger.book(stories.provider_payout(f"txn_po_{number}", story.organisation_id, -5265, clock.now()))
    assert queries_of(client, path) == few
    assert 'aria-label="Page 3"' in client.get(path).get_data(as_text=True)
    assert 'aria-current="page"' in client.get(f"{path}?page=99").get_data(as_text=True)


@pytest.mark.parametrize(
    ("charged", "paid"),
    [
        ("2026-04-13", "2026-04-16"),
        ("2026-04-16", "2026-04-21"),
        ("2026-04-18", "2026-04-22"),
        ("2026-12-24", "2026-12-31"),
    ],
)
def test_money_is_expected_three_working_days_later(charged: str, paid: str) -> None:
    from datetime import date

    part = PartView(1, "A", clock.start_of_day(date.fromisoformat(charged)), 5400, 0, -135)
    assert part.expected_on.isoformat() == paid


def test_nothing_on_its_way_is_nothing() -> None:
    assert ProviderPayouts((), (), ()).on_its_way_pence == 0


def test_a_long_history_is_read_a_stretch_at_a_time_and_says_the_same_of_it(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = settled_story()
    of_years = {
        years: first if years == 0 else settled_story(organisation_id=first.organisation_id) for years in (3, 2, 1, 0)
    }
    for years, story in of_years.items():
        at = clock.now() - timedelta(days=365 * years + 20)
        about = Subject(order_id=story.order_id)
        with transaction():
            sold = stories.movement(f"s{years}", "transfer", -5400, 0, at, about, organisation_id=first.organisation_id)
            ledger.book(sold)
            out = at + timedelta(days=7)
            ledger.book(stories.provider_payout(f"p{years}", first.organisation_id, -5000 - 100 * (years == 3), out))
    read: list[int] = []
    whole_history = queries.payouts_of
    monkeypatch.setattr(queries, "payouts_of", lambda moves: (read.append(len(moves)), whole_history(moves))[1])
    everything = payouts_of_provider(first.organisation_id)
    lately = payouts_of_provider(first.organisation_id, Stretch(clock.now() - timedelta(days=365)))
    assert read == [8, 5]  # the control: without a stretch all is read; with one, its moves and the sum before
    assert (lately.paid[0].entry_id, len(lately.paid)) == (everything.paid[0].entry_id, 1)
    assert lately.on_its_way_pence == everything.on_its_way_pence == 1_500
    old = everything.paid[2]
    assert get_payout(first.organisation_id, old.entry_id or 0).pence == old.pence and read[-1] < 5
    sign_in(client, first.provider.user_id or 0)
    year = old.at.year
    page = text_of(client.get(f"/provider/payouts?year={year}"))
    assert "£50.00" in page and "£51.00" not in page
    assert client.get("/provider/payouts?year=1999").status_code == 404
    assert [row["net"] for row in _rows(client, f"/provider/payouts.csv?year={year}")][:2] == ["3.00", "47.00"]


def test_a_share_of_a_refund_that_came_back_is_with_us_until_it_is_given_again(
    app: Flask, client: FlaskClient, stripe_sandbox: TestSandbox
) -> None:
    """£10.01 of £39.00 fails: the statement has £38.02, Stripe £28.27, and the page says where the £9.75 are."""
    story = captured(stripe_sandbox, lines=((2, 1_950),))
    other = captured(stripe_sandbox, provider_of=story)
    refunds.ask_refund(story.provider, story.order_id, key="form-1", reason_code="goodwill", pence=1_001)
    refunds.ask_refund(other.provider, other.order_id, key="form-2", reason_code="goodwill", pence=100)
    work()
    assert payouts_of_provider(story.organisation_id).held == ()
    stripe_sandbox.act("fail_refund_of", refund=story.refunds()[0].stripe_refund_id)
    stripe_sandbox.deliver()
    payouts = payouts_of_provider(story.organisation_id)
    assert [(each.order_id, each.net_pence) for each in payouts.held] == [(story.order_id, 975)]
    assert payouts.on_its_way[0].net_pence == 2_827
    sign_in(client, story.provider.user_id or 0)
    page = text_of(client.get("/provider/payouts"))
    assert "With us: £9.75" in page and "did not reach the buyer’s card" in page
    row = next(row for row in _rows(client, "/provider/payouts.csv") if row["paid_on"] == "with us")
    assert (row["order"], row["net"]) == (story.order.reference, "9.75")
    refunds.ask_refund(story.provider, story.order_id, key="form-3", reason_code="goodwill", pence=1_001)
    work()
    assert payouts_of_provider(story.organisation_id).held == ()
