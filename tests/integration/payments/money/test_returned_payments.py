"""Payments that a bank returned: due again without a second levy, booked once, and only to their payer."""

from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import literal, select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments.models import SettlementPayment
from payments.queries.orders import get_order, list_by_ids, lists, one
from payments.queries.settlement import due_to_settle
from payments.queries.settlement_runs import get_remittance_for, list_returned, list_runs_of_provider
from payments.queries.stories import story_for
from payments.services import settlement
from payments.services.returned import mark_returned
from payments.timeline import steps_of
from tests.bacs import parse
from tests.browser import sign_in, text_of
from tests.integration.payments.money.banking import paid_at
from tests.integration.payments.money.runs_by_bank import (
    assert_nothing_is_due,
    bacs_of,
    bank_returns,
    paid_by_account,
    payment_to,
    sent_run,
    town_by_bank,
)
from tests.integration.payments.money.telling import Story, entries, mails, settled_story, table
from tests.races import at_once, errors


def test_a_payment_that_the_bank_returned_is_paid_again_in_the_next_run_without_a_second_levy(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story, other = settled_story(), settled_story(lines=((1, 1999),))
    paid_at(story, "00000001"), paid_at(other, "00000002")
    run_id = sent_run(first, second, council_id)
    payment = payment_to(run_id, story.organisation_id)
    with pytest.raises(DomainError, match="Say why"):
        mark_returned(first, run_id, payment.id, " ")
    mark_returned(first, run_id, payment.id, "No such account")
    assert table() == {
        "operator:levy": -185,
        "operator:bank": 185,
        "council:owed": 5265,
        "provider:payable": -5265,
    }
    assert mails("Your bank returned £52.65") >= 1
    assert [run.id for run, _ in list_returned(story.organisation_id)] == [run_id]
    assert list_runs_of_provider(story.organisation_id) == []
    assert _says(story) == ("Paid again in the next run", "Paid again", "It is in the next run")
    assert _says(other)[:2] == ("Paid", "Paid")
    due = due_to_settle(council_id, clock.today())
    assert (due.totals.gross_pence, due.totals.levy_pence) == (5265, 0)
    paid_at(story, "00000003")
    again = sent_run(first, second, council_id)
    assert paid_by_account(parse(bacs_of(first, again))) == {"00000003": 5265}
    assert table() == {"operator:levy": -185, "operator:bank": 185}
    assert [line.kind for line in get_remittance_for(first, again, story.organisation_id)[1].lines] == ["again"]
    assert list_returned(story.organisation_id) == []
    assert _says(story)[:2] == ("Paid", "Paid")
    mark_returned(first, again, payment_to(again, story.organisation_id).id, "No such account either")
    assert _says(story)[:2] == ("Paid again in the next run", "Paid again")
    third = settlement.prepare(first, council_id, clock.today())
    assert _says(story)[0] == "Paid again in the next run"
    settlement.send(second, third)
    assert _says(story)[0] == "Paid"
    returned = [step for step in story_for(first, story.order_id).steps if "returned" in step.title]
    assert [(step.pence, step.reason, step.by) for step in returned] == [
        (5265, "No such account", first.user_id),
        (5265, "No such account either", first.user_id),
    ]
    assert [step.pence for step in story_for(story.provider, story.order_id).steps if "returned" in step.title] == [
        5265,
        5265,
    ]
    assert not [step for step in story_for(first, other.order_id).steps if "returned" in step.title]
    assert_nothing_is_due(council_id)


def _says(story: Story) -> tuple[str, str, str]:
    """What a list and the order's own page call it, and how its payment stands in its line of time."""
    view, listed = get_order(story.order_id), list_by_ids([story.order_id])[story.order_id]
    assert view.words_for_buyer == listed.words_for_buyer
    step = steps_of(view)[-1]
    return listed.words_for_buyer, step.title, step.text.rpartition(". ")[2]


def test_without_the_look_at_returned_payments_an_order_would_be_called_paid(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of its provider, and the negative control."""
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = sent_run(first, second, council_id)
    bank_returns(first, run_id, story)
    sign_in(client, story.provider.user_id or 0)
    assert "Your bank sent the payment back" in text_of(client.get(f"/provider/orders/{story.order_id}"))
    for module in (one, lists):
        monkeypatch.setattr(module, "is_owed_again", lambda: literal(False))
    assert _says(story)[:2] == ("Paid", "Paid")
    assert "Settled." in text_of(client.get(f"/provider/orders/{story.order_id}"))


def test_a_returned_payment_is_booked_once_however_often_it_is_marked(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = sent_run(first, second, council_id)
    payment_id = payment_to(run_id, story.organisation_id).id
    before, told = entries(), mails("Your bank returned")
    mark_returned(first, run_id, payment_id, "Closed")
    told_once = mails("Your bank returned")
    results = at_once(app, [partial(mark_returned, first, run_id, payment_id, "Closed")] * 4)
    assert errors(results) == []
    assert entries() == before + 1
    assert told < told_once == mails("Your bank returned")
    again = sent_run(first, second, council_id)
    mark_returned(first, again, payment_to(again, story.organisation_id).id, "Closed still")
    assert entries() == before + 3
    assert due_to_settle(council_id, clock.today()).totals.gross_pence == 5265


def test_only_what_a_provider_was_paid_by_a_sent_run_comes_back_and_only_to_its_payer(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    payment_id = payment_to(run_id, story.organisation_id).id
    with pytest.raises(NotAllowed, match="was not sent"):
        mark_returned(first, run_id, payment_id, "No such account")
    settlement.send(second, run_id)
    for stranger in (story.provider, story.buyer):
        with pytest.raises(NotFound):
            mark_returned(stranger, run_id, payment_id, "No such account")
    levy_id = db.session.scalars(
        select(SettlementPayment.id).where(SettlementPayment.run_id == run_id, SettlementPayment.payee == "operator")
    ).one()
    with pytest.raises(NotAllowed, match="Only what a provider"):
        mark_returned(first, run_id, levy_id, "No such account")
    with pytest.raises(NotFound):
        mark_returned(first, run_id, payment_id + 10_000, "No such account")


def test_a_dropped_run_leaves_what_a_bank_returned_due(app: Flask) -> None:
    first, second, council_id = town_by_bank()
    story = settled_story()
    paid_at(story, "00000001")
    run_id = sent_run(first, second, council_id)
    bank_returns(first, run_id, story)
    again = settlement.prepare(first, council_id, clock.today())
    with pytest.raises(DomainError, match="Nothing is due"):
        settlement.prepare(first, council_id, clock.today())
    settlement.drop(first, again, "Wrong day")
    assert due_to_settle(council_id, clock.today()).totals.gross_pence == 5265
