"""Keys: of our forms and of what Stripe is asked. One act, one key; and an answer that is unknown is not "no"."""

import itertools

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.database import db
from marketplace.kernel.errors import DomainError
from payments.models import Refund
from payments.services import charging, refunds
from payments.stripe import GatewayRefused, GatewayUnknown, client
from payments.stripe.client import StripeGateway
from tests.integration.payments.money.telling import BACK, Story, captured, card_story, work
from tests.races import at_once, errors
from tests.stripe import TestSandbox


def ask(story: Story, pence: int, key: str) -> int:
    return refunds.ask_refund(story.provider, story.order_id, key=key, reason_code="goodwill", pence=pence)


def test_twenty_forms_with_one_key_at_once_are_one_refund_and_all_see_it(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    results = at_once(app, [lambda: ask(story, 1_000, "form")] * 20)
    assert set(results) == {story.refunds()[0].id}
    assert (story.funding.refunded_pence, len(story.refunds())) == (1_000, 1)


def test_without_its_key_each_of_the_forms_gives_money_back(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    keys = itertools.count()
    at_once(app, [lambda: ask(story, 1_000, f"form-{next(keys)}")] * 5)
    assert story.funding.refunded_pence == 5_000


def test_a_key_that_comes_with_another_amount_is_refused_and_changes_nothing(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = captured(stripe_sandbox)
    ask(story, 1_000, "form")
    with pytest.raises(DomainError, match="sent before"):
        ask(story, 900, "form")
    assert story.funding.refunded_pence == 1_000
    # Without the comparison the second person is told that theirs went through, and it did not.
    monkeypatch.setattr(refunds, "_same_form", lambda before, *_: before.id)
    assert ask(story, 900, "form") == story.refunds()[0].id
    assert story.funding.refunded_pence == 1_000


def test_a_key_that_begins_as_another_one_is_another_key(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    first = ask(story, 1_000, "form_1")
    ask(story, 500, "form_10")
    ask(story, 200, "formx1")
    assert ask(story, 1_000, "form_1") == first
    assert story.funding.refunded_pence == 1_700


def _whole_life(sandbox: TestSandbox) -> None:
    for _ in range(2):
        story = captured(sandbox)
        for number, pence in enumerate((1_800, 3_600)):
            ask(story, pence, f"{story.order_id}-{number}")
            work()


def test_every_key_that_arrives_at_stripe_belongs_to_one_operation_on_one_object(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    _whole_life(stripe_sandbox)
    asked = [row for row in stripe_sandbox.asked("/v1/") if row["key"]]
    paths: dict[str, set[str]] = {}
    for row in asked:
        paths.setdefault(row["key"], set()).add(row["path"])
    assert {key: found for key, found in paths.items() if len(found) > 1} == {}
    acts = {"account", "authorise", "capture", "card-setup", "customer", "fee-refund", "refund"}
    assert {key.split(":")[0] for key in paths} == acts
    assert len([key for key in paths if key.startswith("refund:")]) == 4
    assert all(row["status"] < 400 for row in asked)


def test_a_key_that_leaked_into_the_next_call_is_noticed(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the first key of a story is used for what comes after it too."""
    story = captured(stripe_sandbox)
    first: list[object] = []
    keyed = client._keyed

    def leaking(key: str) -> object:
        first.append(keyed(key))
        return first[0]

    monkeypatch.setattr(client, "_keyed", leaking)
    for number in range(2):
        ask(story, 1_000 + number, f"form-{number}")
        work()
    assert stripe_sandbox.objects("application_fees")[0]["amount_refunded"] == 0, "the levy does not follow"
    assert len(stripe_sandbox.objects("refunds")) == 1


def test_a_denied_charge_that_was_made_is_made_again_by_who_does_not_look(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control of asking before trying again: Stripe charged, then answered 500."""
    story = card_story(stripe_sandbox)
    stripe_sandbox.fault("error_after_commit", path="/v1/payment_intents", times=10)
    charging.authorise([story.order_id], return_url=BACK)
    stripe_sandbox.clear_faults()
    assert len(stripe_sandbox.objects("payment_intents")) == 1
    monkeypatch.setattr(StripeGateway, "find_payment", lambda *_: None)
    charging.authorise([story.order_id], return_url=BACK)
    assert len(stripe_sandbox.objects("payment_intents")) == 2


def test_a_lost_answer_is_unknown_and_calling_it_no_would_leave_money_that_nobody_knows_of(
    app: Flask, stripe_sandbox: TestSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, other = card_story(stripe_sandbox), card_story(stripe_sandbox)
    stripe_sandbox.fault("drop_reply", path="/v1/payment_intents", times=10)
    (lost,) = charging.authorise([story.order_id], return_url=BACK)
    assert (lost.outcome, story.states) == ("unknown", ("awaiting_payment", "pending"))
    translate = client._ours

    def unknown_is_no(error: Exception) -> Exception:
        ours = translate(error)  # type: ignore[arg-type]
        return GatewayRefused(str(ours)) if isinstance(ours, GatewayUnknown) else ours

    monkeypatch.setattr(client, "_ours", unknown_is_no)
    (called_no,) = charging.authorise([other.order_id], return_url=BACK)
    assert (called_no.outcome, other.states) == ("declined", ("awaiting_payment", "failed"))
    held = [intent for intent in stripe_sandbox.objects("payment_intents") if intent["status"] == "requires_capture"]
    assert len(held) == 2, "the card of an order that is called declined has its money set aside"


def test_a_form_key_stands_once_in_the_database(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    results = at_once(app, [lambda: ask(story, 1_000, "one"), lambda: ask(story, 2_000, "one")] * 3)
    assert len(errors(results)) == 3
    assert db.session.scalar(select(func.count(Refund.id)).where(Refund.key == "one")) == 1
