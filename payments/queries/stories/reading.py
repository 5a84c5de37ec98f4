"""Put together an order's money story from the order, the budget book, Stripe, the ledger, runs and payouts."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from budgets.queries.book import list_entries_of_order
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import list_users_of, names_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import format_pounds
from marketplace.kernel.rails import Rail
from marketplace.ui.filters import ended
from payments import ledger, words
from payments.disputes import reason_words, state_words
from payments.domain import Payee, RefundReason, RefundState, RunState
from payments.models import (
    Dispute,
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    OrderFunding,
    Refund,
    SettlementLine,
    SettlementPayment,
    SettlementRun,
    StripePayment,
)
from payments.queries.orders import OrderView, get_order
from payments.queries.payouts import Stretch, payouts_of_provider
from payments.queries.standing import Side
from payments.queries.stories.steps import BUDGET, Posting, Step, account_name, entry_title

_ABOUT_COMPLAINTS = ("complain", "answer_complaint", "end_complaint")
_WITH_INTENT = ("begin", "authorise", "fail", "release")

PAID_OUT_WITHIN = timedelta(days=366)
"""What Stripe has not paid out a year after an order's last movement waits for the provider, and is on its own page."""

_BECAME = {
    RefundState.WAITING: "A second person has to agree",
    RefundState.REFUSED: "It was not agreed to",
    RefundState.FAILED: "It did not reach the card",
}


@dataclass(frozen=True)
class Story:
    """The order and the steps of its money, the first at the top. `side` is the capacity in which it is read."""

    order: OrderView
    side: Side
    steps: tuple[Step, ...]


def story_for(actor: Actor, order_id: int) -> Story:
    """An order's money story for an operator, for finance and audit of the council whose budget pays, and for its
    provider, each as far as they may know it. Raises NotFound for everybody else.
    """
    order = get_order(order_id, with_outcomes=False)
    side = _side(actor, order)
    is_council, is_provider = side is Side.COUNCIL, side is Side.PROVIDER
    own = {user.id: user.name for user in list_users_of(order.organisation_id, Role.PROVIDER)} if is_provider else None
    steps = [*_moves(order, side), *_refunds(order, own), *_disputes(order_id), *_runs(order_id, side)]
    steps += _entries(order, side)
    if not is_provider:
        steps += _budget(order_id)
    if not is_council:
        steps += _payouts(order)
    if is_provider and order.placed_at is not None:
        steps = [step for step in steps if step.at >= order.placed_at]
    who = _names(order, own, steps)
    return Story(order, side, tuple(replace(step, who=who(step)) for step in sorted(steps, key=lambda step: step.at)))


def _side(actor: Actor, order: OrderView) -> Side:
    if actor.has(Role.OPERATOR):
        return Side.OPERATOR
    budget_pays = any(part.rail is not Rail.OWN_MONEY for part in order.funding)
    if budget_pays and order.council_id in actor.council_ids(Role.COUNCIL_FINANCE, Role.AUDITOR):
        return Side.COUNCIL
    if order.placed_at is not None and order.organisation_id in actor.organisation_ids(Role.PROVIDER):
        return Side.PROVIDER
    raise NotFound()


def _names(order: OrderView, own: Mapping[int, str] | None, steps: Iterable[Step]) -> Callable[[Step], str]:
    """Who did a step. A provider reads its `own` people's names and the buyer's, of others only that it was somebody
    else.
    """
    if own is not None:
        names: dict[int | None, str] = {order.buyer_user_id: order.buyer_name, None: "The marketplace itself"}
        names.update(own.items())
    else:
        names = names_of(step.by for step in steps if not step.who)
    return lambda step: step.who or names.get(step.by, "Somebody for the buyer, a council or us")


def _moves(order: OrderView, side: Side) -> Iterator[Step]:
    payment = db.session.execute(
        select(StripePayment.stripe_id, StripePayment.charge_id).where(StripePayment.order_id == order.id).limit(1)
    ).one_or_none()
    if order.top_up_pence:
        budget = format_pounds(order.total_pence - order.top_up_pence)
        title = f"Paid in two parts: {budget} from the budget, {format_pounds(order.top_up_pence)} by card"
        yield Step(order.created_at, title, order.buyer_user_id)
    for row in order.history:
        number = None
        if row.machine == "payment" and payment is not None:
            number = payment.stripe_id if row.action in _WITH_INTENT else payment.charge_id
        title = words.history(row.machine, row.action)
        # Why a payment is looked at is between the operator and whoever pays; what went wrong is no matter of money.
        untold = row.action in _ABOUT_COMPLAINTS or (side is Side.PROVIDER and row.machine == "payment")
        reason = None if untold else row.reason
        yield Step(row.at, title[:1].upper() + title[1:], row.actor_user_id, number=number, reason=reason)


def _budget(order_id: int) -> Iterator[Step]:
    for entry in list_entries_of_order(order_id):
        title = f"{BUDGET.get(entry.kind, entry.kind)} ({entry.pot_name})"
        yield Step(entry.at, title, entry.actor_user_id, entry.pence)


def _refunds(order: OrderView, own: Collection[int] | None) -> Iterator[Step]:
    """Money given back. A provider reads what `own` people of it wrote, and nothing of what others only thought of."""
    query = select(Refund).where(Refund.order_id == order.id).order_by(Refund.id)
    to_whom = {part.id: "card" if part.rail is Rail.OWN_MONEY else "budget" for part in order.funding}
    if own is not None:
        asked_by_them = Refund.asked_by_user_id.in_(own)
        query = query.where(
            Refund.state != RefundState.WAITING, or_(Refund.state != RefundState.REFUSED, asked_by_them)
        )
    for refund in db.session.execute(query).scalars():
        if refund.reason_code == RefundReason.NOT_ACCEPTED:
            yield from _not_taken_on(refund, own)
            continue
        why = [
            words.refund_reason(refund.reason_code),
            f"To the {to_whom[refund.order_funding_id]}" if order.top_up_pence else None,
            refund.words if own is None or refund.asked_by_user_id in own else None,
            f"{format_pounds(refund.levy_back_pence)} of levy comes back with it",
            _BECAME.get(refund.state),
        ]
        yield Step(
            refund.asked_at,
            "Money to be given back",
            refund.asked_by_user_id,
            refund.pence,
            refund.stripe_refund_id,
            " ".join(ended(part) for part in why if part),
        )
        if refund.approved_at is not None:
            title = "A second person agreed to give it back"
            yield Step(refund.approved_at, title, refund.approved_by_user_id, refund.pence)
        if refund.done_at is not None:
            yield Step(refund.done_at, "Given back", None, refund.pence, refund.stripe_fee_refund_id)


def _not_taken_on(refund: Refund, own: Collection[int] | None) -> Iterator[Step]:
    """What a provider left out when it said yes to a part: no money moves because of it."""
    said = refund.words if own is None or refund.asked_by_user_id in own else None
    why = [said, f"No levy is due on it, {format_pounds(refund.levy_back_pence)} less"]
    reason = " ".join(ended(part) for part in why if part)
    yield Step(refund.asked_at, "Not taken on by the provider", refund.asked_by_user_id, refund.pence, reason=reason)
    if refund.done_at is not None:
        yield Step(refund.done_at, "Never taken: only the rest was", None, refund.pence)


def _disputes(order_id: int) -> Iterator[Step]:
    bank = "The card’s bank"
    for dispute in db.session.execute(select(Dispute).where(Dispute.order_id == order_id)).scalars():
        due = f"An answer is due by {clock.london(dispute.due_by):%-d %B %Y}." if dispute.due_by else None
        title = reason_words(dispute.reason)
        yield Step(dispute.opened_at, title, None, dispute.pence, dispute.stripe_id, due, who=bank)
        if dispute.submitted_at is not None:
            by = dispute.send_asked_by_user_id
            yield Step(dispute.submitted_at, "The bank was answered", by, number=dispute.stripe_id)
        if dispute.ended_at is not None:
            title = state_words(dispute.status)
            yield Step(dispute.ended_at, title, None, dispute.pence, dispute.stripe_id, who=bank)


def _runs(order_id: int, side: Side) -> Iterator[Step]:
    """Payment runs with this order. A provider learns of a run when it is sent, and both when a bank returned it."""
    rows = db.session.execute(
        select(SettlementLine, SettlementRun, SettlementPayment)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .join(OrderFunding, OrderFunding.id == SettlementLine.order_funding_id)
        .outerjoin(
            SettlementPayment,
            and_(
                SettlementPayment.run_id == SettlementLine.run_id,
                SettlementPayment.organisation_id == SettlementLine.organisation_id,
                SettlementPayment.payee == Payee.PROVIDER,
            ),
        )
        .where(OrderFunding.order_id == order_id)
        .order_by(SettlementLine.id)
    )
    for line, run, payment in rows:
        what = "credit" if line.refund_id is not None else "order"
        again = ", to be paid again" if line.pays_again_id is not None else ""
        title = f"This {what} put into payment run {run.reference}{again}"
        if run.state is RunState.DROPPED:
            title += ", which was not sent"
        if side is not Side.PROVIDER:
            yield Step(run.prepared_at, title, run.prepared_by_user_id, line.gross_pence, run.reference)
        if run.state is RunState.SENT and run.sent_at is not None:
            title = (
                f"Payment run {run.reference} sent: {format_pounds(line.net_pence)} of it to the provider, "
                f"{format_pounds(line.levy_pence)} as levy"
            )
            yield Step(run.sent_at, title, run.sent_by_user_id, line.gross_pence, run.reference)
        if payment is not None and payment.rejected_at is not None and line.net_pence:
            title = f"The provider’s bank returned what payment run {run.reference} paid it: it is to be paid again"
            by, why = payment.rejected_by_user_id, payment.rejected_reason
            yield Step(payment.rejected_at, title, by, line.net_pence, run.reference, why)


def _payouts(order: OrderView) -> Iterator[Step]:
    """The payouts with this order: none before its provider was asked, and none long after its last movement."""
    moved = db.session.execute(
        select(func.min(LedgerEntry.occurred_at).label("first"), func.max(LedgerEntry.occurred_at).label("last"))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.order_id == order.id, LedgerAccount.code == ledger.provider_stripe(order.organisation_id))
    ).one()
    if moved.first is None:
        return
    near = Stretch(moved.first, moved.last + PAID_OUT_WITHIN)
    for payout in payouts_of_provider(order.organisation_id, near).paid:
        mine = sum(part.net_pence for part in payout.parts if part.order_id == order.id)
        if payout.entry_id is None or not mine:
            continue
        title = f"Paid out to the provider’s bank, in a payout of {format_pounds(payout.pence)}"
        yield Step(payout.at, title, None, mine, who="Stripe")
        if payout.sent_back_at is not None:
            title = "The provider’s bank sent that payout back"
            yield Step(payout.sent_back_at, title, None, mine, who="The provider’s bank")


def _entries(order: OrderView, side: Side) -> Iterator[Step]:
    rows = db.session.execute(
        select(LedgerEntry, LedgerAccount.code, LedgerPosting.pence)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerEntry.order_id == order.id)
        .order_by(LedgerEntry.recorded_at, LedgerEntry.id, LedgerPosting.id)
    ).all()
    shown = _shown(order, side)
    steps: dict[int, Step] = {}
    for entry, code, pence in rows:
        step = steps.get(entry.id) or _entry_step(entry)
        if shown(code):
            posting = Posting(code, account_name(code, order.provider_name), pence)
            step = replace(step, postings=(*step.postings, posting))
        steps[entry.id] = step
    for step in steps.values():
        if step.postings:
            yield replace(step, pence=max(abs(posting.pence) for posting in step.postings))


def _entry_step(entry: Any) -> Step:
    happened: datetime | None = entry.occurred_at
    if happened is not None and clock.london(happened).date() == entry.booked_on:
        happened = None
    number = entry.cause.removeprefix("stripe:") if entry.cause.startswith("stripe:") else None
    return Step(
        entry.recorded_at,
        entry_title(entry.kind, entry.reason),
        entry.actor_user_id,
        number=number,
        reason=entry.reason if entry.kind.startswith("reverse_") else None,
        happened_at=happened,
        booked_on=entry.booked_on,
        cause=entry.cause,
    )


def _shown(order: OrderView, side: Side) -> Callable[[str], bool]:
    """Which accounts a reader sees: the operator all, a provider its own and the levy, a council who owes whom."""
    if side is Side.OPERATOR:
        return lambda code: True
    own = f"provider:{order.organisation_id}:"
    if side is Side.PROVIDER:
        return lambda code: code.startswith(own) or code == ledger.OPERATOR_LEVY
    owed = (f"{own}payable", ledger.OPERATOR_LEVY)
    return lambda code: code.startswith(("person:", "council:", "isf:")) or code in owed
