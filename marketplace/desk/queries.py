"""What needs a person today, from every package, oldest first: as many queries however much waits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from budgets.services.paper_letters import list_to_print
from catalogue.queries import waiting
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import list_councils, names_of
from marketplace.audit.queries import last_act
from marketplace.desk.domain import (
    ANSWER_IS_NEAR,
    ENDING_ACTS,
    UNCONFIRMED_DAYS,
    WORDS_OF_KIND,
    WORKER_IS_LATE,
    Task,
    TaskKind,
)
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.outbox.queries import list_failed, overdue_since
from marketplace.ui.filters import london_datetime, month_name, plural
from payments.domain import PaymentState
from payments.queries import operator
from payments.queries.attention import list_expiring
from payments.queries.levy_issuers import list_waiting_issuers
from payments.queries.levy_rates import list_waiting_rates
from payments.queries.orders import OrderSummary, list_in_trouble, list_unconfirmed_older_than
from payments.queries.sent_back import list_sent_back_refunds
from payments.queries.unexplained import list_waiting_explanations
from payments.words import RAIL_NAMES

_PAYMENT_WORDS = {
    PaymentState.FAILED: "The card was declined after the work was agreed.",
    PaymentState.DISPUTED: "The payer’s bank asks for the money back.",
    PaymentState.REVIEW: "What Stripe says and what we expected differ.",
}


def list_tasks(actor: Actor) -> list[Task]:
    """Everything that waits, oldest first. `actor` reads which of it is theirs to decide."""
    tasks = [*_applications(), *_orders(), *_second_persons(actor), *_letters(actor), *_machine()]
    return sorted(tasks, key=lambda task: (task.since, task.kind, tuple(task.args.values())))


def clear_since() -> datetime | None:
    """Since when, at least, nothing has waited, if nothing does: the last act that can have ended a task."""
    return last_act(ENDING_ACTS)


def _applications() -> Iterator[Task]:
    for provider in waiting.list_waiting_providers():
        yield Task(
            TaskKind.PROVIDER,
            provider.organisation.name,
            "Look at what it says and declares, then approve it or say what has to change.",
            "Any of us",
            provider.applied_at or clock.now(),
            "desk.provider",
            {"organisation_id": provider.organisation.id},
        )
    for listing in waiting.list_waiting_listings():
        yield Task(
            TaskKind.LISTING,
            f"{listing.title}, {listing.provider.name}",
            "Read it as a buyer would, then approve it or say what has to change.",
            "Any of us",
            listing.sent_at,
            "desk.listing",
            {"listing_id": listing.id},
        )
    for claim in waiting.list_waiting_claims():
        yield Task(
            TaskKind.CLAIM,
            f"{claim.user_name} says that {claim.provider.name} is theirs",
            "Check the evidence by a way that they did not choose, then accept or refuse.",
            "Any of us",
            claim.created_at,
            "desk.claim",
            {"claim_id": claim.id},
        )


def _orders() -> Iterator[Task]:
    troubled = list_in_trouble()
    let_go, sent_back = operator.list_let_go(), list_sent_back_refunds()
    moved = operator.payments_moved_at(
        [
            *(order.id for order in troubled if order.payment_state in _PAYMENT_WORDS),
            *(order.id for order in let_go),
        ]
    )
    for order in troubled:
        if order.complaint_open and order.complaint_at is not None:
            yield _of_order(
                order,
                TaskKind.COMPLAINT,
                "Call both sides. Give money back or end the complaint.",
                "Any of us",
                order.complaint_at,
            )
        words = _PAYMENT_WORDS.get(order.payment_state)
        if words is not None:
            yield _of_order(order, TaskKind.PAYMENT, words, "Any of us", moved.get(order.id) or order.created_at)
    for owed in let_go:
        yield Task(
            TaskKind.PAYMENT,
            f"Order {owed.reference}, {owed.provider_name}, {format_pounds(owed.card_pence)}",
            "The bank let go of the money before it was taken. Ask the buyer to open the order and give another card.",
            "Any of us",
            moved.get(owed.id) or owed.since,
            "desk.order",
            {"order_id": owed.id},
        )
    for back in sent_back:
        yield Task(
            TaskKind.PAYMENT,
            f"Order {back.reference}, {back.provider_name}, {format_pounds(back.pence)}",
            "A bank sent back what was given back. Call the buyer, then give it back again, or say what became of it.",
            "Any of us",
            back.since,
            "desk.refund",
            {"refund_id": back.refund_id},
        )
    for ends in list_expiring():
        yield Task(
            TaskKind.PAYMENT,
            f"Order {ends.reference}, {ends.provider_name}, {format_pounds(ends.pence)}",
            f"The bank lets go of the money on {london_datetime(ends.until)}, and nobody has taken it. "
            + ("End the complaint, or the buyer gives a card again." if ends.complaint_open else "See why not."),
            "Any of us",
            ends.since,
            "desk.order",
            {"order_id": ends.order_id},
        )
    for waits in operator.list_unanswered(ANSWER_IS_NEAR):
        until = f" It ends by itself on {london_datetime(waits.answer_by)}." if waits.answer_by else ""
        yield Task(
            TaskKind.UNANSWERED,
            f"Order {waits.reference}, {waits.provider_name}",
            f"Call {waits.provider_name} and ask for an answer.{until}",
            waits.provider_name,
            waits.placed_at,
            "desk.order",
            {"order_id": waits.id},
        )
    for order in list_unconfirmed_older_than(UNCONFIRMED_DAYS):
        yield _of_order(
            order,
            TaskKind.UNCONFIRMED,
            "Ask whoever answers for the budget whether it was done. Nothing is spent by silence.",
            "Whoever answers for the budget",
            order.done_at or order.created_at,
        )


def _of_order(order: OrderSummary, kind: TaskKind, todo: str, owner: str, since: datetime) -> Task:
    what = f"Order {order.reference}, {order.provider_name}, {format_pounds(order.total_pence)}"
    return Task(kind, what, todo, owner, since, "desk.order", {"order_id": order.id})


def _letters(actor: Actor) -> Iterator[Task]:
    letters = list_to_print(actor)
    if letters:
        yield Task(
            TaskKind.LETTERS,
            plural(len(letters), "letter"),
            "To people without an email address whom nobody helps now. Print and post them.",
            "Any of us",
            letters[0].written_at,
            "budgets.council_letters",
        )


@dataclass(frozen=True)
class _Prepared:
    """What somebody prepared and a colleague has to decide. `asked` and `looks` are for the one and for the other."""

    kind: TaskKind
    what: str
    by_user_id: int | None
    at: datetime
    asked: str
    looks: str
    endpoint: str
    args: Mapping[str, int] = field(default_factory=dict)


def _prepared() -> Iterator[_Prepared]:
    for refund in operator.list_waiting_refunds():
        yield _Prepared(
            TaskKind.REFUND,
            f"{format_pounds(refund.pence)} of order {refund.reference}, {refund.provider_name}",
            refund.asked_by_user_id,
            refund.asked_at,
            "You asked for it. A colleague has to decide.",
            "asked. Look at the order and decide.",
            "desk.refund",
            {"refund_id": refund.id},
        )
    for issuer in list_waiting_issuers():
        yield _Prepared(
            TaskKind.ISSUER,
            f"{issuer.issuer.name}, from {month_name(issuer.starts_on)} on",
            issuer.set_by_user_id,
            issuer.created_at,
            "You prepared it. A colleague has to confirm it.",
            "prepared it. Look and confirm it.",
            "desk.levy_issuer",
        )
    for explained in list_waiting_explanations():
        yield _Prepared(
            TaskKind.EXPLANATION,
            f"{format_pounds(abs(explained.pence))} at Stripe, {explained.number}",
            explained.prepared_by_user_id,
            explained.prepared_at,
            "You explained it. A colleague has to agree.",
            "explained it. Look at it and decide.",
            "desk.unexplained",
            {"unexplained_id": explained.entry_id},
        )
    rates = list_waiting_rates()
    councils = {council.id: council.short_name for council in list_councils()} if rates else {}
    for rate in rates:
        yield _Prepared(
            TaskKind.LEVY,
            f"{rate.percent} for {councils[rate.council_id]}, {RAIL_NAMES[rate.rail].lower()}",
            rate.set_by_user_id,
            rate.created_at,
            "You proposed it. A colleague has to decide.",
            "proposed it. Look at it and decide.",
            "payments.council_levy",
            {"council_id": rate.council_id},
        )


def _second_persons(actor: Actor) -> Iterator[Task]:
    prepared = list(_prepared())
    names = names_of(each.by_user_id for each in prepared)
    for each in prepared:
        name = names.get(each.by_user_id, "")
        todo = each.asked if each.by_user_id == actor.user_id else f"{name} {each.looks}"
        yield Task(each.kind, each.what, todo, f"Anybody but {name}", each.at, each.endpoint, each.args)


def _machine() -> Iterator[Task]:
    for row in list_failed():
        yield Task(
            TaskKind.WORK,
            f"{row.topic}, number {row.id}",
            f"Tried {row.attempts} times. Mend the cause, then have it tried again.",
            "Any of us",
            row.failed_at,
            "desk.work",
            {"row_id": row.id},
        )
    late = overdue_since()
    if late is not None and late <= clock.now() - WORKER_IS_LATE:
        yield Task(
            TaskKind.WORKER,
            "Emails and payments are not sent on",
            "See that the worker runs: `marketplace worker`.",
            "Whoever runs the machines",
            late,
            "desk.emails",
        )


@dataclass(frozen=True)
class Count:
    """How many tasks of one kind wait."""

    words: str
    number: int


def count_by_kind(tasks: list[Task]) -> list[Count]:
    """Counts by kind, in the order in which kinds are named."""
    numbers = dict.fromkeys(TaskKind, 0)
    for task in tasks:
        numbers[task.kind] += 1
    return [Count(WORDS_OF_KIND[kind], number) for kind, number in numbers.items() if number]
