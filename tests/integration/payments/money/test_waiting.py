"""What waits for a second person is set aside, and is not given back anywhere until somebody has agreed."""

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import Subquery, false, select

from marketplace.kernel import clock
from payments.domain import PaymentState
from payments.queries import money, purchases, waiting
from payments.queries.orders import provider_money
from payments.services import refunds
from payments.services.reviewing import end_review
from tests.integration.payments.money.telling import Story, captured, operators, settled_story
from tests.stripe import TestSandbox

Read = Callable[[Story], tuple[int, ...]]


def _coming(story: Story) -> tuple[int, ...]:
    (order,) = money.list_coming(story.organisation_id)
    return order.gross_pence, order.levy_pence, order.given_back_pence


def _home(story: Story) -> tuple[int, ...]:
    found = provider_money.money_of_provider(story.organisation_id)
    return found.coming_pence, found.coming_levy_pence


def _report(story: Story) -> tuple[int, ...]:
    bounds = [clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)]
    bought = list(purchases.list_bought(story.order.council_id or 0, bounds))
    return tuple(row.pence for row in bought) + tuple(row.quantity for row in bought)


READERS: dict[str, tuple[ModuleType, Read, tuple[int, ...], tuple[int, ...]]] = {
    "money coming": (money, _coming, (90_000, 2_250, 0), (60_000, 1_500, -30_000)),
    "home": (provider_money, _home, (90_000, 2_250), (60_000, 1_500)),
    "reports": (purchases, _report, (90_000, 3), (60_000, 2)),
}


def _asked() -> tuple[Story, Callable[[], None]]:
    story = settled_story(lines=((3, 30_000),))
    first, second = operators()
    (line_id,) = (line.id for line in _lines(story))
    refund_id = refunds.ask_refund(
        first, story.order_id, key="form-1", reason_code="less_delivered", lines={line_id: 1}
    )
    return story, lambda: refunds.approve_refund(second, refund_id)


def _lines(story: Story) -> list[object]:
    from payments.services.refund_rows import lines_of

    return lines_of(story.order_id)  # type: ignore[return-value]


@pytest.mark.parametrize("reader", READERS)
def test_what_waits_is_not_given_back_until_a_second_person_agrees(app: Flask, reader: str) -> None:
    _, read, whole, less = READERS[reader]
    story, agree = _asked()
    assert read(story) == whole
    agree()
    assert read(story) == less


@pytest.mark.parametrize("reader", READERS)
def test_without_looking_at_what_waits_it_reads_as_given_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    def nothing(table: Callable[[], Subquery]) -> Callable[[], Subquery]:
        return lambda: select(table()).where(false()).subquery()

    module, read, _, less = READERS[reader]
    for name in ("waiting_by_part", "waiting_by_line"):
        if hasattr(module, name):
            monkeypatch.setattr(module, name, nothing(getattr(waiting, name)))
    story, _ = _asked()
    assert read(story) == less


def test_a_payment_out_of_review_is_paid_while_its_refund_waits(app: Flask, stripe_sandbox: TestSandbox) -> None:
    from marketplace.database import transaction
    from payments.services.facts import hold_for_review
    from payments.services.moves import lock_order

    story = captured(stripe_sandbox, lines=((10, 3000),))
    first, second = operators()
    refunds.ask_refund(first, story.order_id, key="form-1", reason_code="goodwill", pence=20_001)
    with transaction():
        hold_for_review(lock_order(story.order_id), "looked", "Somebody wants to look")
    assert end_review(second, story.order_id, "All is well") is PaymentState.PAID
