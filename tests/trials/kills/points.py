"""The moments at which a process is killed, by seams that the product has anyway.

A name that is no longer in the product stops the harness at its start; a point that nothing passes fails the trial.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

When = Literal["before", "after"]
GATEWAY = "payments.stripe.client:StripeGateway"
OUTBOX, LETTERS = "marketplace.outbox.services", "marketplace.outbox.email"
INDEX = "catalogue.search.store"


@dataclass(frozen=True)
class Call:
    """Before a function is entered, or after it has done its work and before its caller knows."""

    when: When
    target: str


@dataclass(frozen=True)
class Reply:
    """Inside this call to Stripe: its request has left, its reply has not been read."""

    target: str


@dataclass(frozen=True)
class Written:
    """A row of this table has just been written or changed, in a transaction that is still open."""

    table: str


@dataclass(frozen=True)
class Commit:
    """At the commit of a transaction that wrote or changed a row of this table."""

    when: When
    table: str


Seam = Call | Reply | Written | Commit


@dataclass(frozen=True)
class Point:
    """`words` of the catalogue, the process that dies (`web`, `worker`), the act that leads there, and the seam."""

    words: str
    process: str
    act: str
    seam: Seam

    @property
    def name(self) -> str:
        return f"{self.words} [{self.process}, {self.act}]"


CATALOGUE = (
    Point("after the intent row", "web", "buy_by_card", Written("stripe_payments")),
    Point("before the Stripe call", "web", "buy_by_card", Call("before", f"{GATEWAY}.create_payment")),
    Point("after the call, before its reply", "web", "buy_by_card", Reply(f"{GATEWAY}.create_payment")),
    Point("after the reply, before the posting", "worker", "accept_card", Call("after", f"{GATEWAY}.capture_payment")),
    Point("between postings", "worker", "agree_direct", Written("ledger_postings")),
    Point("before commit", "web", "buy_by_council", Commit("before", "orders")),
    Point("after commit, before the queue", "web", "accept_card", Call("after", "payments.services.orders:accept")),
    Point("before the e-mail", "worker", "buy_by_council", Call("before", f"{LETTERS}:_deliver")),
    Point("inside the webhook insert", "web", "buy_by_card", Written("stripe_events")),
    Point("inside a refund", "worker", "refund", Call("after", f"{GATEWAY}.refund")),
    Point("inside the scheduler’s claim", "worker", "begin_period", Written("recurring_jobs")),
    Point("inside an index write", "worker", "change_listing", Call("before", f"{INDEX}:Store.publish")),
)
"""Row 12 of the catalogue of faults, in its order: one point for each name."""

MORE = (
    Point("after the call, before its reply", "worker", "accept_card", Reply(f"{GATEWAY}.capture_payment")),
    Point("after the call, before its reply", "worker", "agree_direct", Reply(f"{GATEWAY}.create_payment")),
    Point("inside a refund", "worker", "refund", Reply(f"{GATEWAY}.refund_fee")),
    Point("after commit, before the buyer hears", "web", "buy_direct", Commit("after", "orders")),
    Point(
        "after the e-mail, before it is noted",
        "worker",
        "buy_direct",
        Call("after", f"{LETTERS}:_deliver"),
    ),
    Point("before commit", "web", "settle", Commit("before", "settlement_lines")),
    Point("after the reply, before the posting", "web", "buy_by_card", Call("after", f"{GATEWAY}.create_payment")),
    Point("after the call, before its reply", "worker", "decline_card", Reply(f"{GATEWAY}.cancel_payment")),
    Point("before commit", "worker", "accept_card", Commit("before", "ledger_entries")),
    Point("before commit", "web", "agree_council", Commit("before", "budget_entries")),
    Point("inside a refund", "worker", "refund", Call("before", f"{GATEWAY}.refund")),
    Point("inside a refund", "web", "refund", Commit("before", "refunds")),
    Point("inside a refund", "worker", "refund", Reply(f"{GATEWAY}.refund")),
    Point("after commit, before the queue", "web", "settle", Commit("after", "settlement_runs")),
    Point("after the outbox’s claim", "worker", "accept_card", Call("after", f"{OUTBOX}:claim")),
    Point("after the scheduler’s claim", "worker", "begin_period", Call("after", f"{OUTBOX}:claim_job")),
    Point("inside an index write", "worker", "change_listing", Call("after", f"{INDEX}:_write")),
)
"""The same moments elsewhere, and moments between."""

ALL = (*CATALOGUE, *MORE)


class Missing(Exception):
    """What a point names is not in the product any more."""


def find(target: str) -> tuple[Any, str, Callable[..., Any]]:
    """The owner, the name and the function of `module:Class.function`. Raises Missing."""
    module_name, _, path = target.partition(":")
    *parents, name = path.split(".")
    try:
        owner: Any = importlib.import_module(module_name)
        for parent in parents:
            owner = getattr(owner, parent)
        return owner, name, getattr(owner, name)
    except (ImportError, AttributeError) as error:
        raise Missing(f"{target}: {error}") from None


def check_names() -> None:
    """Raise Missing when a function or a table that a point names is not there."""
    import marketplace.schema  # noqa: F401 - makes every table known
    from marketplace.database import Base

    for point in ALL:
        if isinstance(point.seam, Call | Reply):
            find(point.seam.target)
        elif point.seam.table not in Base.metadata.tables:
            raise Missing(f"table {point.seam.table}")
