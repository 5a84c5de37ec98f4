"""An order's whole money story on one page, as far as each reader may know it."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.queries.stories import Step, Story, story_for
from payments.services import orders, refunds, settlement
from tests.browser import sign_in, text_of
from tests.factories.accounts import OrganisationFactory, council, user_with_role
from tests.integration.payments.money.telling import (
    Story as Told,
)
from tests.integration.payments.money.telling import (
    captured,
    card_story,
    charged,
    finance,
    operators,
    settled_story,
    work,
)
from tests.stripe import TestSandbox


def _titles(story: Story) -> list[str]:
    return [step.title for step in story.steps]


def _step(story: Story, words: str) -> Step:
    return next(step for step in story.steps if words in step.title)


def _stranger(role: Role) -> Actor:
    with transaction():
        office = OrganisationFactory(kind="council", council_id=council("E06000001").id)
        return actor_of(user_with_role(role, office).id)


def _given_back_and_paid_out(sandbox: TestSandbox) -> Told:
    told = captured(sandbox)
    refunds.ask_refund(told.provider, told.order_id, key="form-1", reason_code="less_delivered", pence=1800)
    work()
    sandbox.act("advance_clock", days=4)
    sandbox.api("POST", "payouts", account=told.account_id, amount=3510, currency="gbp")
    sandbox.act("advance_clock", days=3)
    sandbox.deliver()
    return told


def test_an_operator_reads_every_step_with_its_number_its_postings_and_who_did_it(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    told = _given_back_and_paid_out(stripe_sandbox)
    story = story_for(operators(1)[0], told.order_id)
    titles = _titles(story)
    in_order = [
        "The bank set the money aside",
        "The provider said yes",
        "Booked as sold",
        "The card paid",
        "Money to be given back",
        "Sent back to the card",
        "The levy on it given back to the provider",
        "Paid out to the provider’s bank",
    ]
    places = [next(n for n, title in enumerate(titles) if title.startswith(words)) for words in in_order]
    assert places == sorted(places), titles
    assert [step.at for step in story.steps] == sorted(step.at for step in story.steps)
    assert _step(story, "The provider said yes").who == told.provider.name
    assert "£0.45 of levy comes back with it." in (_step(story, "Money to be given back").reason or "")
    paid = _step(story, "The card paid")
    assert (paid.number or "").startswith("txn_") and sum(posting.pence for posting in paid.postings) == 0
    assert _step(story, "Paid out").pence == 3510
    assert _step(story, "The bank set").number == told.payment.stripe_id


def test_finance_reads_the_budget_the_run_and_who_sent_it(app: Flask) -> None:
    told = settled_story()
    first, second = finance()
    run_id = settlement.prepare(first, told.order.council_id or 0, clock.today())
    settlement.send(second, run_id)
    refunds.ask_refund(told.provider, told.order_id, key="form-1", reason_code="less_delivered", pence=1800)
    story = story_for(first, told.order_id)
    titles = " / ".join(_titles(story))
    assert "None" not in titles
    for words in ("Kept aside in the budget", "Spent from the budget", "Given back to the budget"):
        assert words in titles, titles
    sent = _step(story, "sent: £52.65 of it to the provider")
    assert (sent.who, sent.pence) == (second.name, 5400)
    assert _step(story, "put into payment run").who == first.name
    sold = _step(story, "Booked as sold")
    assert sum(posting.pence for posting in sold.postings) == 0
    assert {posting.account for posting in sold.postings} == {
        "What the council owes",
        f"What {told.order.provider_name} is owed",
        "The levy",
    }


def test_a_provider_reads_its_own_part_and_no_officers_name(app: Flask, client: FlaskClient) -> None:
    told = settled_story()
    first, second = finance()
    run_id = settlement.prepare(first, told.order.council_id or 0, clock.today())
    assert "payment run" not in " ".join(_titles(story_for(told.provider, told.order_id)))
    settlement.send(second, run_id)
    story = story_for(told.provider, told.order_id)
    assert "budget" not in " ".join(_titles(story)).lower()
    assert _step(story, "Payment run").who == "Somebody for the buyer, a council or us"
    own = f"provider:{told.organisation_id}:"
    for step in story.steps:
        assert all(posting.code.startswith(own) or posting.code == "operator:levy" for posting in step.postings)
    sign_in(client, told.provider.user_id or 0)
    page = text_of(client.get(f"/orders/{told.order_id}/money"))
    assert first.name not in page and second.name not in page
    assert "The provider gets £52.65" in page


def test_what_stripe_keeps_and_has_is_shown_to_the_operator_alone(app: Flask, stripe_sandbox: TestSandbox) -> None:
    told = charged(stripe_sandbox)
    (operator,) = operators(1)
    assert "None" not in " ".join(_titles(story_for(operator, told.order_id)))

    def codes(actor: Actor) -> set[str]:
        story = story_for(actor, told.order_id)
        return {posting.code for step in story.steps for posting in step.postings}

    assert {"operator:processing_fees", "stripe:clearing"} <= codes(operator)
    assert not {"operator:processing_fees", "stripe:clearing"} & codes(told.provider)


def test_a_late_step_says_on_which_day_it_happened_and_on_which_it_is_booked(
    app: Flask, stripe_sandbox: TestSandbox, client: FlaskClient
) -> None:
    told = card_story(stripe_sandbox)
    from payments.services import charging

    charging.authorise([told.order_id], return_url="http://localhost/back")
    orders.accept(told.provider, told.order_id)
    with clock.fixed_clock(clock.now() + timedelta(days=40)):
        work()
        (operator,) = operators(1)
        paid = _step(story_for(operator, told.order_id), "The card paid")
    assert paid.happened_at is not None and paid.booked_on is not None
    assert clock.london(paid.happened_at).date() < paid.booked_on
    sign_in(client, operator.user_id or 0)
    assert "It happened on" in text_of(client.get(f"/orders/{told.order_id}/money"))


@pytest.mark.parametrize("role", [Role.COUNCIL_FINANCE, Role.AUDITOR, Role.PROVIDER])
def test_a_strangers_money_story_is_not_there(app: Flask, role: Role) -> None:
    told = settled_story()
    with pytest.raises(NotFound):
        story_for(_stranger(role), told.order_id)
    with pytest.raises(NotFound):
        story_for(told.buyer, told.order_id)


def test_what_somebody_bought_with_their_own_money_is_no_councils_business(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    told = captured(stripe_sandbox, council_id=None)
    with pytest.raises(NotFound):
        story_for(finance(1)[0], told.order_id)


def test_the_story_is_exported_with_its_causes(app: Flask, client: FlaskClient) -> None:
    told = settled_story()
    first, second = finance()
    settlement.send(second, settlement.prepare(first, told.order.council_id or 0, clock.today()))
    sign_in(client, first.user_id or 0)
    text = client.get(f"/orders/{told.order_id}/money.csv").get_data(as_text=True).lstrip("\ufeff")
    rows = [*csv.DictReader(io.StringIO(text))]
    assert [row["order"] for row in rows] == [told.order.reference] * len(rows)
    (sold,) = [row for row in rows if row["cause"].startswith("sale:")]
    assert "operator:levy -1.35" in sold["postings"]
    assert f"/orders/{told.order_id}/money" in client.get(f"/orders/{told.order_id}").get_data(as_text=True)


def test_a_provider_reads_what_its_own_people_wrote_about_a_refund_and_nothing_that_waits(app: Flask) -> None:
    told = settled_story(lines=((1, 60_000),))
    asker, other = operators()

    def ask(actor: Actor, pence: int, words: str) -> int:
        return refunds.ask_refund(
            actor, told.order_id, key=words.replace(" ", "-"), reason_code="less_delivered", pence=pence, words=words
        )

    ask(told.provider, 1_000, "We came late")
    ask(asker, 2_000, "They were rude")
    refused = ask(asker, 20_100, "Perhaps a fraud")
    refunds.refuse_refund(other, refused, "Not proven")
    ask(asker, 20_200, "Think about it")

    def read(actor: Actor) -> tuple[str, list[int | None]]:
        steps = [step for step in story_for(actor, told.order_id).steps if step.title == "Money to be given back"]
        return " ".join(step.reason or "" for step in steps), [step.pence for step in steps]

    words, amounts = read(told.provider)
    assert "We came late" in words
    assert not any(theirs in words for theirs in ("They were rude", "Perhaps a fraud", "Think about it"))
    assert amounts == [1_000, 2_000]
    words, amounts = read(asker)
    assert all(theirs in words for theirs in ("We came late", "They were rude", "Perhaps a fraud", "Think about it"))
    assert amounts == [1_000, 2_000, 20_100, 20_200]
