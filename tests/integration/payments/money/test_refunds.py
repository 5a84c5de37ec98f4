"""Money given back: who may, how much, the exact levy, the budget in the same act, and what goes wrong on the way."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from budgets.models import PotPeriod
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from payments.domain import RefundState
from payments.levy import levy
from payments.models import OrderLine, RefundLine
from payments.services import charging, reconcile, refunding, refunds
from tests.factories.accounts import user_with_role
from tests.integration.payments.money.telling import (
    Story,
    agrees_with_stripe,
    authorised,
    captured,
    card_story,
    charged,
    failed_work,
    give_back,
    mails,
    moves_of,
    operators,
    settled_story,
    table,
    work,
)
from tests.stripe import TestSandbox

GONE = {"operator:processing_fees": 101, "stripe:clearing": -101}


def _lines(story: Story) -> list[OrderLine]:
    return list(
        db.session.execute(
            select(OrderLine)
            .where(OrderLine.order_id == story.order_id)
            .order_by(OrderLine.line_no)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def _pot(story: Story) -> tuple[int, int, int]:
    row = db.session.get_one(PotPeriod, story.funding.pot_period_id, populate_existing=True)
    return row.held_pence, row.spent_pence, row.refunded_pence


def test_a_provider_gives_one_hour_back_and_the_levy_of_it_follows(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    line = _lines(story)[0]
    give_back(story, lines={line.id: 1})
    work()
    (refund,) = story.refunds()
    assert (refund.state, refund.pence, refund.levy_back_pence) == (RefundState.DONE, 1800, 45)
    assert refund.stripe_fee_refund_id is not None
    assert story.states == ("accepted", "part_refunded")
    assert (_lines(story)[0].refunded_quantity, _lines(story)[0].refunded_pence) == (1, 1800)
    assert mails("£18.00 comes back") == 1
    agrees_with_stripe(story)


@pytest.mark.parametrize("parts", [(5400,), (1800, 1790, 1810), (20, 20, 5360), (1, 5399)])
def test_every_path_to_a_full_refund_leaves_nothing_with_the_provider_and_no_levy(
    app: Flask, stripe_sandbox: TestSandbox, parts: tuple[int, ...]
) -> None:
    story = captured(stripe_sandbox)
    for number, pence in enumerate(parts):
        give_back(story, pence, key=f"form-{number}")
    work()
    while failed_work():  # refunds of one order go one after the other
        with clock.fixed_clock(clock.now() + timedelta(hours=1)):
            work()
    assert story.states == ("accepted", "refunded")
    assert table() == GONE
    assert story.funding.levy_back_pence == 135
    agrees_with_stripe(story)


@pytest.mark.parametrize("pence", [30, 31, 59, 60, 100, 139, 140, 199, 200])
def test_small_orders_are_refundable_whether_they_bear_a_levy_or_not(
    app: Flask, stripe_sandbox: TestSandbox, pence: int
) -> None:
    story = captured(stripe_sandbox, lines=((1, pence),), rate_bp=100)
    assert story.funding.levy_pence == levy(pence, 100)
    give_back(story, pence)
    work()
    assert story.states == ("accepted", "refunded")
    assert set(table()) <= {"operator:processing_fees", "stripe:clearing"}
    agrees_with_stripe(story)


def test_a_direct_payment_given_back_is_in_the_budget_in_the_same_act(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = charged(stripe_sandbox)
    give_back(story, 1000)
    assert _pot(story) == (0, 5400, 1000)
    work()
    assert story.states == ("confirmed", "part_refunded")
    assert _pot(story) == (0, 5400, 1000)
    agrees_with_stripe(story)


@pytest.mark.parametrize("pence", [0, -1, 5401, 999_999])
def test_nothing_and_more_than_was_paid_are_refused_beside_the_amount(
    app: Flask, stripe_sandbox: TestSandbox, pence: int
) -> None:
    story = captured(stripe_sandbox)
    with pytest.raises(DomainError) as refused:
        give_back(story, pence)
    assert refused.value.field == "pence"
    assert story.refunds() == []


def test_more_of_a_line_than_it_has_left_is_refused(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, other = captured(stripe_sandbox), captured(stripe_sandbox)
    line_id, stranger_id = _lines(story)[0].id, _lines(other)[0].id
    give_back(story, lines={line_id: 2})
    for wanted in ({line_id: 2}, {stranger_id: 1}, {line_id: 0}, {}):
        with pytest.raises(DomainError) as refused:
            give_back(story, key="form-2", lines=wanted)
        assert refused.value.field == "lines"
    assert [refund.pence for refund in story.refunds()] == [3600]


def test_an_amount_is_spread_over_the_lines_by_what_they_have_left(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox, lines=((2, 1000), (1, 500)))
    first, second = (line.id for line in _lines(story))
    give_back(story, lines={second: 1})
    refund_id = give_back(story, 999, key="form-2")
    parts = db.session.execute(
        select(RefundLine.order_line_id, RefundLine.pence).where(RefundLine.refund_id == refund_id)
    ).all()
    assert [tuple(part) for part in parts] == [(first, 999)]


def test_the_same_form_gives_back_once_and_with_other_content_is_refused(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    assert give_back(story, 1000) == give_back(story, 1000)
    with pytest.raises(DomainError, match="sent before"):
        give_back(story, 1001)
    line_id = _lines(story)[0].id
    assert give_back(story, key="b", lines={line_id: 1}) == give_back(story, key="b", lines={line_id: 1})
    with pytest.raises(DomainError, match="sent before"):
        give_back(story, key="b", lines={line_id: 2})
    assert [refund.pence for refund in story.refunds()] == [1000, 1800]


def test_strangers_and_buyers_give_nothing_back(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story, other = captured(stripe_sandbox), captured(stripe_sandbox)
    for actor in (story.buyer, other.provider):
        with pytest.raises(NotFound):
            give_back(story, 100, actor=actor)
    assert story.refunds() == []


def test_above_200_pounds_a_second_operator_approves(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox, lines=((10, 3000),))
    first, second = operators()
    assert give_back(story, 20_000, actor=first)
    waiting = give_back(story, 1, key="form-2", actor=first)
    assert [refund.state for refund in story.refunds()] == [RefundState.PENDING, RefundState.WAITING]
    for actor in (story.provider, story.buyer):
        with pytest.raises(NotFound):
            refunds.approve_refund(actor, waiting)
    with pytest.raises(NotAllowed, match="colleague"):
        refunds.approve_refund(first, waiting)
    refunds.approve_refund(second, waiting)
    refunds.approve_refund(second, waiting)
    assert [refund.state for refund in story.refunds()] == [RefundState.PENDING, RefundState.PENDING]
    assert mails("£0.01 comes back") == 1


def test_a_refund_that_was_refused_can_be_given_by_another_form(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox, lines=((10, 3000),))
    first, second = operators()
    waiting = give_back(story, 30_000, actor=first)
    with pytest.raises(DomainError, match=r"£0\.00 of"):
        give_back(story, 1, key="form-2")
    refunds.refuse_refund(second, waiting, "Ask the provider first")
    assert (story.funding.refunded_pence, story.funding.levy_back_pence) == (0, 0)
    assert give_back(story, 30_000, key="form-3")
    work()
    assert story.states == ("accepted", "refunded")
    agrees_with_stripe(story)


def test_nothing_can_be_given_back_before_it_was_paid_or_while_a_bank_looks_into_it(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    unpaid = authorised(stripe_sandbox)
    with pytest.raises(NotAllowed, match="Cancel it instead"):
        give_back(unpaid, 100)
    questioned = captured(stripe_sandbox)
    stripe_sandbox.act("dispute", charge=questioned.payment.charge_id)
    stripe_sandbox.deliver()
    with pytest.raises(NotAllowed, match="bank is looking"):
        give_back(questioned, 100)


@pytest.mark.parametrize("path", ["/v1/refunds", "/v1/application_fees/*/refunds"])
@pytest.mark.parametrize("kind", ["drop_reply", "error_after_commit"])
def test_a_refund_whose_answer_is_lost_is_given_once(
    app: Flask, stripe_sandbox: TestSandbox, kind: str, path: str
) -> None:
    story = captured(stripe_sandbox)
    give_back(story, 1800)
    stripe_sandbox.fault(kind, path=path, times=10)
    work()
    stripe_sandbox.clear_faults()
    assert len(failed_work()) == 1
    with clock.fixed_clock(clock.now() + timedelta(hours=1)):
        work()
    assert story.refunds()[0].state is RefundState.DONE
    assert len(stripe_sandbox.objects("refunds")) == 1
    assert stripe_sandbox.objects("application_fees")[0]["amount_refunded"] == 45
    agrees_with_stripe(story)


def test_a_levy_that_could_not_follow_is_tried_again_until_it_has(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    give_back(story, 1800)
    stripe_sandbox.fault("error_before", path="/v1/application_fees/*/refunds", times=10)
    work()
    stripe_sandbox.clear_faults()
    (refund,) = story.refunds()
    assert refund.state is RefundState.PENDING
    assert story.states == ("accepted", "part_refunded")
    stripe_sandbox.act("advance_clock", seconds=25 * 3600)
    with clock.fixed_clock(clock.now() + timedelta(hours=1)):
        assert reconcile.run().faults == []
    assert story.refunds()[0].state is RefundState.DONE
    agrees_with_stripe(story)


def test_a_refund_that_fails_at_the_bank_days_later_can_be_given_again(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = charged(stripe_sandbox)
    give_back(story, 5400)
    work()
    assert story.states == ("confirmed", "refunded")
    (refund,) = story.refunds()
    stripe_sandbox.act("fail_refund_of", refund=refund.stripe_refund_id)
    stripe_sandbox.deliver()
    assert story.refunds()[0].state is RefundState.FAILED
    assert story.states == ("confirmed", "paid")
    assert (story.funding.refunded_pence, story.funding.levy_back_pence) == (0, 0)
    assert _lines(story)[0].refunded_pence == 0
    assert _pot(story) == (0, 10_800, 5400), "the pot did not get it after all"
    assert mails("The bank sent back £54.00") == 1
    agrees_with_stripe(story)
    give_back(story, 5400, key="form-2")
    work()
    assert story.states == ("confirmed", "refunded")
    assert table() == GONE
    assert [each.state for each in story.refunds()] == [RefundState.FAILED, RefundState.DONE]
    agrees_with_stripe(story)


def test_a_failure_between_two_refunds_shifts_no_penny_of_the_levy(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox, lines=((9, 10),))
    give_back(story, 30)
    work()
    give_back(story, 30, key="form-2")
    work()
    stripe_sandbox.act("fail_refund_of", refund=story.refunds()[0].stripe_refund_id)
    stripe_sandbox.deliver()
    for number, pence in enumerate((29, 31)):
        give_back(story, pence, key=f"again-{number}")
        work()
    assert story.states == ("accepted", "refunded")
    assert story.funding.levy_back_pence == story.funding.levy_pence == 2
    assert table() == {"operator:processing_fees": 21, "stripe:clearing": -21}
    agrees_with_stripe(story)


def test_a_budget_that_settles_gets_its_money_back_at_once_and_a_run_will_ask_for_less(app: Flask) -> None:
    story = settled_story()
    give_back(story, 1800)
    (refund,) = story.refunds()
    assert refund.state is RefundState.DONE
    assert _pot(story) == (0, 5400, 1800)
    assert (story.funding.refunded_pence, story.funding.levy_back_pence) == (1800, 45)
    assert table() == {}


@pytest.mark.parametrize("pence", [1, 19, 20, 59, 60, 199, 200])
def test_settled_orders_of_a_few_pence_are_refundable(app: Flask, pence: int) -> None:
    story = settled_story(lines=((1, pence),))
    give_back(story, pence)
    assert story.funding.levy_back_pence == story.funding.levy_pence == levy(pence, 250)


def test_an_order_that_cost_nothing_has_nothing_to_give_back(app: Flask) -> None:
    story = settled_story(lines=((1, 0),))
    with pytest.raises(NotAllowed, match="Nothing was paid"):
        give_back(story, 1)


def test_an_operator_takes_an_order_out_of_review_by_giving_its_money_back(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = captured(stripe_sandbox)
    with transaction():
        from payments.services.facts import hold_for_review
        from payments.services.moves import lock_order

        hold_for_review(lock_order(story.order_id), "test:review", "Somebody has to look")
    with pytest.raises(NotAllowed):
        give_back(story, 5400)
    (operator,) = operators(1)
    give_back(story, 5400, actor=operator)
    work()
    assert story.states == ("accepted", "refunded")
    assert moves_of(story.order_id)[-2:] == ["hold_for_review", "refund_all"]


def test_a_task_for_a_refund_that_is_done_does_nothing(app: Flask, stripe_sandbox: TestSandbox) -> None:
    story = captured(stripe_sandbox)
    refund_id = give_back(story, 1800)
    for _ in range(3):
        refunding.give_back({"refund_id": refund_id})
    assert len(stripe_sandbox.objects("refunds")) == 1
    refunding.give_back({"refund_id": 999_999})


def test_a_member_of_another_provider_who_is_an_operator_too_needs_a_second_one(
    app: Flask, stripe_sandbox: TestSandbox
) -> None:
    story = card_story(stripe_sandbox, rail=Rail.DIRECT_PAYMENT, lines=((10, 3000),))
    charging.charge({"order_id": story.order_id})
    with transaction():
        user_id = user_with_role(Role.OPERATOR).id
    give_back(story, 20_001, actor=actor_of(user_id))
    assert story.refunds()[0].state is RefundState.WAITING
    assert _pot(story)[2] == 0
