"""Money that a person has to look at: what, since when, until when, who does what. As many queries however much."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import names_of
from marketplace.outbox.queries import list_failed
from payments.domain import OrderState
from payments.queries import attention, operator
from payments.queries.disputes import list_disputes
from payments.queries.money import list_in_review
from payments.queries.sent_back import list_sent_back_refunds
from payments.queries.unexplained import list_unexplained, list_waiting_explanations

MOST = 500


class MoneyKind(StrEnum):
    REVIEW = "review"
    DISPUTE = "dispute"
    EXPIRING = "expiring"
    LET_GO = "let_go"
    DECLINED = "declined"
    REFUND_FAILED = "refund_failed"
    REFUND_WAITS = "refund_waits"
    UNPAYABLE = "unpayable"
    PAYOUT_RETURNED = "payout_returned"
    UNEXPLAINED = "unexplained"
    WORK = "work"


WORDS: dict[MoneyKind, str] = {
    MoneyKind.REVIEW: "Stripe and we differ",
    MoneyKind.DISPUTE: "A bank asks",
    MoneyKind.EXPIRING: "A bank lets go soon",
    MoneyKind.LET_GO: "A bank has let go",
    MoneyKind.DECLINED: "Card declined",
    MoneyKind.REFUND_FAILED: "Refund came back",
    MoneyKind.REFUND_WAITS: "Refund for a second person",
    MoneyKind.UNPAYABLE: "Provider cannot be paid",
    MoneyKind.PAYOUT_RETURNED: "Payout came back",
    MoneyKind.UNEXPLAINED: "Not explained",
    MoneyKind.WORK: "Work that failed",
}
ANY, PROVIDER, BUYER = "Any of us", "The provider, helped by any of us", "The buyer, called by any of us"


@dataclass(frozen=True)
class MoneyItem:
    """One thing to look at; `until` is when it is too late. `endpoint` and `args` say where."""

    kind: MoneyKind
    what: str
    todo: str
    owner: str
    since: datetime
    pence: int | None = None
    until: datetime | None = None
    endpoint: str = "desk.order"
    args: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return WORDS[self.kind]


def list_money(actor: Actor) -> list[MoneyItem]:
    """Everything, what ends first at the top, then what has waited longest."""
    items = [*_reviews(), *_disputes(), *_cards(), *_open_money(), *_refunds(actor), *_providers(), *_work()]
    return sorted(items, key=lambda item: (item.until is None, item.until or item.since, item.what))


def count_by_kind(items: list[MoneyItem]) -> dict[MoneyKind, int]:
    """How many there are of each kind that there is, in the order in which kinds are named."""
    counts = {kind: sum(item.kind is kind for item in items) for kind in MoneyKind}
    return {kind: count for kind, count in counts.items() if count}


def _reviews() -> Iterator[MoneyItem]:
    for found in list_in_review(limit=MOST):
        yield MoneyItem(
            MoneyKind.REVIEW,
            f"Order {found.reference}, {found.provider_name}",
            f"{found.reason or 'Somebody wants to look'}. Compare with Stripe, then say what you found.",
            ANY,
            found.since,
            found.card_pence,
            endpoint="desk.order_payment",
            args={"order_id": found.order_id},
        )


def _disputes() -> Iterator[MoneyItem]:
    for found in list_disputes(limit=MOST):
        waits = found.waits
        yield MoneyItem(
            MoneyKind.DISPUTE,
            f"Order {found.reference}, {found.provider_name}",
            f"{found.reason}. Collect what shows that it was done, and send it to the bank."
            if waits
            else f"{found.state}. Nothing to do until it has decided.",
            PROVIDER if waits else "The bank",
            found.opened_at,
            found.pence,
            found.due_by if waits else None,
            "payments.dispute",
            {"dispute_id": found.id},
        )


def _cards() -> Iterator[MoneyItem]:
    for found in attention.list_expiring():
        if found.complaint_open:
            todo = (
                "Something went wrong, so nothing is taken. End the complaint to take it. Else the bank lets go, "
                "and the buyer gives a card again."
            )
        elif found.state is OrderState.PLACED:
            todo = f"Call {found.provider_name} and ask for an answer before the bank lets go."
        else:
            todo = "It should have been taken. See whether the worker runs and whether Stripe answers."
        what = f"Order {found.reference}, {found.provider_name}"
        args = {"order_id": found.order_id}
        yield MoneyItem(MoneyKind.EXPIRING, what, todo, ANY, found.since, found.pence, found.until, args=args)
    for unpaid in attention.list_declined():
        yield MoneyItem(
            MoneyKind.DECLINED,
            f"Order {unpaid.reference}, {unpaid.provider_name}",
            "The buyer has been asked for another card. Call them when nothing comes.",
            BUYER,
            unpaid.since,
            unpaid.pence,
            args={"order_id": unpaid.order_id},
        )


def _open_money() -> Iterator[MoneyItem]:
    for owed in operator.list_let_go(limit=MOST):
        yield MoneyItem(
            MoneyKind.LET_GO,
            f"Order {owed.reference}, {owed.provider_name}",
            "The bank let go of the money before it was taken. Ask the buyer to give a card again.",
            BUYER,
            owed.since,
            owed.card_pence,
            args={"order_id": owed.id},
        )
    for back in list_sent_back_refunds(limit=MOST):
        yield MoneyItem(
            MoneyKind.REFUND_FAILED,
            f"Order {back.reference}, {back.provider_name}",
            "The bank did not take the money. Ask the buyer how they want to have it, then give it back again, or say "
            "what became of it.",
            BUYER,
            back.since,
            back.pence,
            endpoint="desk.refund",
            args={"refund_id": back.refund_id},
        )


def _refunds(actor: Actor) -> Iterator[MoneyItem]:
    waiting = operator.list_waiting_refunds(limit=MOST)
    names = names_of(refund.asked_by_user_id for refund in waiting)
    for refund in waiting:
        asker = names.get(refund.asked_by_user_id, "")
        mine = refund.asked_by_user_id == actor.user_id
        yield MoneyItem(
            MoneyKind.REFUND_WAITS,
            f"Order {refund.reference}, {refund.provider_name}",
            "You asked for it. A colleague has to decide." if mine else f"{asker} asked. Look at it and decide.",
            f"Anybody but {asker}",
            refund.asked_at,
            refund.pence,
            endpoint="desk.refund",
            args={"refund_id": refund.id},
        )


def _providers() -> Iterator[MoneyItem]:
    for unpaid in attention.list_unpayable():
        yield MoneyItem(
            MoneyKind.UNPAYABLE,
            f"Order {unpaid.reference}, {unpaid.provider_name}",
            "Stripe does not let this provider be paid by card. Call it: its page at Stripe says what is missing. The "
            "card is charged by itself when that is done.",
            PROVIDER,
            unpaid.since,
            unpaid.pence,
            endpoint="desk.provider",
            args={"organisation_id": unpaid.organisation_id},
        )
    for back in attention.list_sent_back():
        yield MoneyItem(
            MoneyKind.PAYOUT_RETURNED,
            back.provider_name,
            "Its bank sent a payout back, so the money is at Stripe. Call it: its bank details there need mending.",
            PROVIDER,
            back.at,
            back.pence,
            endpoint="desk.provider",
            args={"organisation_id": back.organisation_id},
        )


def _work() -> Iterator[MoneyItem]:
    waiting = {each.entry_id: each for each in list_waiting_explanations()}
    for moved in list_unexplained():
        said = waiting.get(moved.entry_id)
        yield MoneyItem(
            MoneyKind.UNEXPLAINED,
            f"At Stripe, {moved.number}",
            "A colleague has said what it was. Somebody else has to agree."
            if said
            else "It belongs to no order of ours. Look for it in Stripe’s dashboard, then say what it was.",
            ANY,
            moved.at,
            abs(moved.pence),
            endpoint="desk.unexplained",
            args={"unexplained_id": moved.entry_id},
        )
    for row in list_failed(limit=MOST):
        if row.topic.startswith("payments."):
            yield MoneyItem(
                MoneyKind.WORK,
                f"{row.topic}, number {row.id}",
                f"Tried {row.attempts} times. Mend the cause, then have it tried again.",
                ANY,
                row.failed_at,
                endpoint="desk.work",
                args={"row_id": row.id},
            )
