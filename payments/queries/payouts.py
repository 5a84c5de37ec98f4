"""Read what reaches a provider's bank: payouts by Stripe with their orders, payers' runs, and what is on its way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, select

from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments import ledger
from payments.banking.working_days import next_working_day
from payments.disputes import ENDED
from payments.domain import Payee, RunState
from payments.models import (
    Dispute,
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    Order,
    OrderFunding,
    SettlementLine,
    SettlementPayment,
    SettlementRun,
)
from payments.payout_parts import Move, Part, Payout, payouts_of
from payments.queries.held import Held, held_for
from payments.queries.payers import payer_name

WORKING_DAYS_TO_BANK = 3
"""How long Stripe usually keeps what a British card paid. A provider's own account may have another timetable."""
_KINDS = {
    "stripe_transfer": "sold",
    "stripe_application_fee": "levy",
    "stripe_transfer_refund": "given_back",
    "stripe_application_fee_refund": "levy_back",
    "provider_payout": "payout",
}


LOOK_BACK = timedelta(days=92)
"""So much sooner than a stretch its reading begins: by then what was on the account before has been paid out."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of time, so that no reading grows with a provider's whole history. None: from the first, up to now."""

    begins: datetime | None = None
    ends: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return (self.begins is None or moment >= self.begins) and (self.ends is None or moment < self.ends)


@dataclass(frozen=True)
class PartView:
    """What an order has in a payout; `reference` is None for older orders, and for what no order of ours explains."""

    order_id: int | None
    reference: str | None
    since: datetime
    price_pence: int
    given_back_pence: int
    levy_pence: int

    @property
    def net_pence(self) -> int:
        return self.price_pence + self.given_back_pence + self.levy_pence

    @property
    def expected_on(self) -> date:
        """About when it reaches the bank."""
        day = clock.london(self.since).date()
        for _ in range(WORKING_DAYS_TO_BANK):
            day = next_working_day(day)
        return day


@dataclass(frozen=True)
class PayoutView:
    """One payment to a provider's bank: by Stripe (`entry_id`), or in a payer's run (`run_id`)."""

    at: datetime
    pence: int
    payer_name: str
    order_count: int
    entry_id: int | None = None
    run_id: int | None = None
    reference: str = ""
    sent_back_at: datetime | None = None
    parts: tuple[PartView, ...] = ()


@dataclass(frozen=True)
class BankAsks:
    """A payment that the payer's bank asks back. What is lost is taken from the provider."""

    dispute_id: int
    order_id: int
    reference: str
    pence: int
    due_by: datetime | None


@dataclass(frozen=True)
class ProviderPayouts:
    """`on_its_way` is at Stripe, oldest first; `paid` has reached the bank or left for it, newest first; `held` is with
    the operator."""

    on_its_way: tuple[PartView, ...]
    paid: tuple[PayoutView, ...]
    asked_back: tuple[BankAsks, ...]
    held: tuple[Held, ...] = ()

    @property
    def on_its_way_pence(self) -> int:
        return sum(part.net_pence for part in self.on_its_way)

    def shown(self, show: str) -> tuple[PayoutView, ...]:
        """Those of `paid` that a reader asked for: all, cards, runs, or what a bank sent back."""
        wanted = {"cards": "entry_id", "runs": "run_id", "returned": "sent_back_at"}.get(show)
        return tuple(each for each in self.paid if wanted is None or getattr(each, wanted) is not None)

    @property
    def sent_back(self) -> PayoutView | None:
        """The last payout by Stripe, when the bank sent it back."""
        last = next((payout for payout in self.paid if payout.entry_id is not None), None)
        return last if last is not None and last.sent_back_at is not None else None


EVER = Stretch()


def payouts_of_provider(organisation_id: int, stretch: Stretch = EVER) -> ProviderPayouts:
    """A provider's payouts of a stretch of time, and what is on its way when it ends. As many queries however many."""
    payouts, left = payouts_of(_moves(organisation_id, stretch))
    payouts = [payout for payout in payouts if stretch.holds(payout.at)]
    references = _references([*left, *(part for payout in payouts for part in payout.parts)])
    paid = [
        *(_stripe_payout(payout, references) for payout in payouts),
        *_runs(organisation_id, stretch),
    ]
    return ProviderPayouts(
        tuple(_part(part, references) for part in left),
        tuple(sorted(paid, key=lambda payout: payout.at, reverse=True)),
        tuple(_asked_back(organisation_id)),
        held_for(organisation_id),
    )


def get_payout(organisation_id: int, entry_id: int) -> PayoutView:
    """One payout by Stripe with its orders. Raises NotFound when it is no payout of this provider."""
    at = db.session.scalar(select(LedgerEntry.occurred_at).where(LedgerEntry.id == entry_id))
    if at is None:
        raise NotFound()
    near = Stretch(at - LOOK_BACK, at + LOOK_BACK)
    found = next((each for each in payouts_of_provider(organisation_id, near).paid if each.entry_id == entry_id), None)
    if found is None:
        raise NotFound()
    return found


def first_day(organisation_id: int) -> date:
    """The day of the first movement or run of a provider, or today."""
    account = select(LedgerAccount.id).where(LedgerAccount.code == ledger.provider_stripe(organisation_id))
    moved = (
        select(func.min(LedgerEntry.occurred_at))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .where(LedgerPosting.account_id.in_(account))
    )
    sent = (
        select(func.min(SettlementRun.sent_at))
        .join(SettlementPayment, SettlementPayment.run_id == SettlementRun.id)
        .where(SettlementPayment.organisation_id == organisation_id, SettlementPayment.payee == Payee.PROVIDER)
    )
    found = [at for at in (db.session.scalar(moved), db.session.scalar(sent)) if at is not None]
    return clock.london(min(found)).date() if found else clock.today()


def _moves(organisation_id: int, stretch: Stretch) -> list[Move]:
    """What moved on the account in a stretch, and from a while before it; what was on it before that comes first."""
    of_account = (
        select(LedgerEntry.id, LedgerEntry.occurred_at, LedgerEntry.kind, LedgerEntry.order_id, LedgerPosting.pence)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerAccount.code == ledger.provider_stripe(organisation_id))
    )
    moves: list[Move] = []
    query = of_account.order_by(LedgerEntry.occurred_at, LedgerEntry.id)
    if stretch.begins is not None:
        since = stretch.begins - LOOK_BACK
        older = of_account.where(LedgerEntry.occurred_at < since).subquery()
        pence = int(db.session.scalar(select(func.coalesce(func.sum(older.c.pence), 0))) or 0)
        if pence:
            moves.append(Move(0, since, "other", None, pence))
        query = query.where(LedgerEntry.occurred_at >= since)
    if stretch.ends is not None:
        query = query.where(LedgerEntry.occurred_at < stretch.ends)
    rows = db.session.execute(query)
    return moves + [
        Move(row.id, row.occurred_at, _KINDS.get(row.kind, "other"), row.order_id, row.pence) for row in rows
    ]


def _references(parts: Iterable[Part]) -> dict[int | None, str]:
    ids = {part.order_id for part in parts if part.order_id is not None}
    if not ids:
        return {}
    rows = db.session.execute(select(Order.id, Order.reference).where(Order.id.in_(sorted(ids))))
    return {row.id: row.reference for row in rows}


def _part(part: Part, references: dict[int | None, str]) -> PartView:
    return PartView(
        part.order_id,
        references.get(part.order_id),
        part.since,
        part.price_pence,
        part.given_back_pence,
        part.levy_pence,
    )


def _stripe_payout(payout: Payout, references: dict[int | None, str]) -> PayoutView:
    return PayoutView(
        payout.at,
        payout.pence,
        "Cards, by Stripe",
        sum(part.order_id is not None for part in payout.parts),
        entry_id=payout.entry_id,
        sent_back_at=payout.sent_back_at,
        parts=tuple(_part(part, references) for part in payout.parts),
    )


def _runs(organisation_id: int, stretch: Stretch) -> list[PayoutView]:
    """What payers settled: each run that was sent, with this provider's lines."""
    sent = [SettlementRun.state == RunState.SENT]
    if stretch.begins is not None:
        sent.append(SettlementRun.sent_at >= stretch.begins)
    if stretch.ends is not None:
        sent.append(SettlementRun.sent_at < stretch.ends)
    rows = db.session.execute(
        select(SettlementRun, SettlementLine, OrderFunding.order_id, Order.reference, SettlementPayment.rejected_at)
        .join(SettlementLine, SettlementLine.run_id == SettlementRun.id)
        .outerjoin(
            SettlementPayment,
            and_(
                SettlementPayment.run_id == SettlementRun.id,
                SettlementPayment.organisation_id == SettlementLine.organisation_id,
                SettlementPayment.payee == Payee.PROVIDER,
            ),
        )
        .join(OrderFunding, OrderFunding.id == SettlementLine.order_funding_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(SettlementLine.organisation_id == organisation_id, *sent)
        .order_by(SettlementRun.id, SettlementLine.id)
    ).all()
    runs: dict[int, SettlementRun] = {}
    parts: dict[int, list[PartView]] = {}
    sent_back: dict[int, datetime | None] = {}
    for run, line, order_id, reference, rejected_at in rows:
        runs[run.id], sent_back[run.id] = run, rejected_at
        price, back = (line.gross_pence, 0) if line.refund_id is None else (0, line.gross_pence)
        since = run.sent_at or run.prepared_at
        part = PartView(order_id, reference, since, price, back, -line.levy_pence)
        parts.setdefault(run.id, []).append(part)
    payers = {key: payer_name(*key) for key in {(run.council_id, run.payer_organisation_id) for run in runs.values()}}
    return [
        PayoutView(
            run.sent_at or run.prepared_at,
            sum(part.net_pence for part in parts[run.id]),
            payers[run.council_id, run.payer_organisation_id],
            len({part.order_id for part in parts[run.id]}),
            run_id=run.id,
            reference=run.reference,
            sent_back_at=sent_back[run.id],
            parts=tuple(parts[run.id]),
        )
        for run in runs.values()
    ]


def _asked_back(organisation_id: int) -> list[BankAsks]:
    rows = db.session.execute(
        select(Dispute.id, Order.id, Order.reference, Dispute.pence, Dispute.due_by)
        .join(Order, Order.id == Dispute.order_id)
        .where(Order.organisation_id == organisation_id, Dispute.status.not_in(ENDED))
        .order_by(Dispute.due_by, Dispute.id)
    )
    return [BankAsks(*row) for row in rows]
