"""The one line of time of an order, in words: asked, yes, done, agreed, paid. Pure."""

from dataclasses import dataclass

from marketplace.kernel.money import format_pounds
from marketplace.ui.filters import london_datetime
from payments.domain import ChargeAt, OrderState, PaymentState
from payments.queries.orders import OrderView

_PAID = (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED, PaymentState.DISPUTED)


@dataclass(frozen=True)
class Step:
    """One step: `state` is done, now, later or stopped."""

    title: str
    text: str
    state: str


def steps_of(order: OrderView) -> list[Step]:
    """The steps of an order as its buyer's side reads them."""
    steps = [Step("Prepared", f"{london_datetime(order.created_at)}, by {order.buyer_name}", "done")]
    if order.approval is not None:
        steps.append(_approval(order))
    if order.placed_at is None and order.state is OrderState.AWAITING_PAYMENT:
        until = f"Pay by {london_datetime(order.answer_by)}" if order.answer_by else ""
        steps.append(Step("Waiting for the card", until, "now"))
    steps.append(
        _step(
            f"{order.provider_name} was asked",
            order.placed_at,
            is_next=False,
        )
    )
    steps.append(
        _step(
            f"{order.provider_name} said yes" if order.accepted_at else f"{order.provider_name} says yes or no",
            order.accepted_at,
            is_next=order.state is OrderState.PLACED,
            waiting=f"They have until {london_datetime(order.answer_by)}" if order.answer_by else "",
        )
    )
    steps.append(
        _step(
            "Done" if order.done_at else "It is done",
            order.done_at,
            is_next=order.state is OrderState.ACCEPTED,
            waiting=f"{order.provider_name} tells us when it is",
        )
    )
    steps.append(
        _step(
            "Agreed" if order.confirmed_at else "You say whether all was well",
            order.confirmed_at,
            is_next=order.state is OrderState.DONE,
            waiting="Waiting for your answer",
        )
    )
    steps.append(_paid(order))
    return _with_ending(order, steps)


def _step(title: str, at: object, *, is_next: bool, waiting: str = "") -> Step:
    if at is not None:
        return Step(title, london_datetime(at), "done")  # type: ignore[arg-type]
    return Step(title, waiting if is_next else "", "now" if is_next else "later")


def _approval(order: OrderView) -> Step:
    approval = order.approval
    assert approval is not None
    if approval.approved:
        return Step("A second person agreed", london_datetime(approval.decided_at), "done")
    if approval.approved is False:
        return Step("A second person sent it back", approval.words or "", "stopped")
    if order.state is OrderState.AWAITING_APPROVAL:
        return Step("A second person has to agree", f"By {london_datetime(approval.ends_at)}", "now")
    return Step("A second person was asked", "Nobody answered", "stopped")


def _paid(order: OrderView) -> Step:
    if order.charge_at is ChargeAt.NEVER:
        return Step("Nothing to pay", "", "done" if order.confirmed_at else "later")
    left_out = order.not_taken_on_pence
    amount = format_pounds(order.total_pence - left_out)
    if order.owed_again:
        return Step("Paid again", f"{order.provider_name}’s bank sent the money back. It is in the next run", "now")
    if order.top_up_pence:
        return _paid_by_both(order)
    if order.payment_state in _PAID:
        back = order.given_back_pence
        given_back = f". {format_pounds(back)} of it was given back" if back else ""
        return Step("Paid", f"{amount}{given_back}", "done")
    if order.payment_state is PaymentState.AUTHORISED:
        of = f" of the {format_pounds(order.total_pence)} that" if left_out else ""
        then = " is taken" if left_out else ""
        return Step("Paid", f"{amount}{of} is set aside at the bank{then}", "later")
    if order.payment_state is PaymentState.FAILED:
        return Step("Paid", "The card was declined", "now")
    if order.confirmed_at is not None:
        return Step("Paid", f"{amount} is on its way", "now")
    return Step("Paid", amount, "later")


def _paid_by_both(order: OrderView) -> Step:
    """Where a card tops up a budget: the card's part is taken at the provider's yes, the budget's spent at the end."""
    card, budget = format_pounds(order.top_up_pence), format_pounds(order.total_pence - order.top_up_pence)
    given_back = f". {format_pounds(order.given_back_pence)} was given back" if order.given_back_pence else ""
    by_card = order.payment_state in _PAID
    card_words = f"{card} by card" if by_card else f"{card} by card is not paid yet"
    if order.payment_state is PaymentState.AUTHORISED:
        card_words = f"{card} is set aside at the bank"
    if order.payment_state is PaymentState.FAILED:
        return Step("Paid", "The card was declined", "now")
    agreed = order.confirmed_at is not None
    budget_words = f"{budget} from the budget" if agreed else f"{budget} is kept aside in the budget"
    state = "done" if by_card and agreed else "now" if agreed else "later"
    return Step("Paid", f"{card_words}, {budget_words}{given_back}", state)


_ENDINGS = {
    OrderState.DECLINED: "said no",
    OrderState.CANCELLED: "Cancelled",
    OrderState.EXPIRED: "Ended, because nobody answered in time",
}


def _with_ending(order: OrderView, steps: list[Step]) -> list[Step]:
    """An order that ended early shows what happened and how it ended, not what will never come."""
    if order.state not in _ENDINGS:
        return steps
    happened = [step for step in steps if step.state in ("done", "stopped")]
    if order.approval is not None and order.approval.approved is False:
        return happened
    title = _ENDINGS[order.state]
    if order.state is OrderState.DECLINED:
        title = f"{order.provider_name} {title}"
    reason = next((row.reason for row in reversed(order.history) if row.to_state == order.state and row.reason), "")
    return [*happened, Step(title, f"{london_datetime(order.ended_at)}. {reason or ''}".strip(), "stopped")]
