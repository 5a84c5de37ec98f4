"""Read settlement runs: their lines, whom they pay, each provider's remittance. Lines never change once prepared."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import organisations_by_id
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.days import EVERY_DAY, Days
from marketplace.kernel.errors import NotFound
from payments.domain import Payee, RunState
from payments.models import BankDetails, Order, OrderFunding, Refund, SettlementLine, SettlementPayment, SettlementRun
from payments.queries.bank_details import DetailsView, details_by_id
from payments.queries.due import DueLine, Remittance, Totals
from payments.queries.payers import READERS, may_read_runs, payer_name
from payments.queries.within import within

RUNS_ON_A_PAGE, PAYMENTS_ON_A_PAGE = 20, 50


@dataclass(frozen=True)
class RunView:
    """A settlement run as it was prepared."""

    id: int
    reference: str
    council_id: int
    payer_organisation_id: int | None
    payer_name: str
    state: RunState
    up_to: date
    gross_pence: int
    levy_pence: int
    prepared_by_user_id: int
    prepared_at: datetime
    sent_by_user_id: int | None
    sent_at: datetime | None
    words: str | None
    settings_id: int | None
    processing_on: date | None
    totals: Totals

    @property
    def net_pence(self) -> int:
        return self.gross_pence - self.levy_pence


@dataclass(frozen=True)
class PaymentView:
    """What one payee gets in a run, where it is paid, and whether the bank returned it."""

    id: int
    payee: Payee
    organisation_id: int | None
    name: str
    line_count: int
    gross_pence: int
    levy_pence: int
    pence: int
    details: DetailsView | None
    rejected_at: datetime | None
    rejected_by_user_id: int | None
    rejected_reason: str | None


@dataclass(frozen=True)
class RunFilter:
    """Which runs a list shows: of a payer, in a state, prepared on some days.

    `payer` is the number of a fund holder's organisation, or `council` for runs that a council pays itself.
    """

    state: RunState | None = None
    payer: str = ""
    days: Days = EVERY_DAY


EVERY_RUN, COUNCIL_PAYS = RunFilter(), "council"


def list_runs(
    actor: Actor, wanted: RunFilter = EVERY_RUN, *, page: int = 1, size: int = RUNS_ON_A_PAGE
) -> list[RunView]:
    """A page of the runs that somebody may read, newest first and without their lines; all with a `size` of 0."""
    query = _narrow(select(SettlementRun), actor, wanted).order_by(
        SettlementRun.prepared_at.desc(), SettlementRun.id.desc()
    )
    if size:
        query = query.limit(size).offset((page - 1) * size)
    return [_run(row, Totals(())) for row in db.session.execute(query).scalars()]


def count_runs(actor: Actor, wanted: RunFilter = EVERY_RUN) -> int:
    """How many runs such a list has."""
    return db.session.scalar(_narrow(select(func.count(SettlementRun.id)), actor, wanted)) or 0


def payers_of_runs(actor: Actor) -> dict[str, str]:
    """Who pays the runs that somebody may read: what a filter calls a payer, and its name."""
    rows: Any = db.session.execute(
        select(SettlementRun.payer_organisation_id, func.max(SettlementRun.payer_name))
        .where(_readable(actor))
        .group_by(SettlementRun.payer_organisation_id)
        .order_by(SettlementRun.payer_organisation_id)
    ).all()
    names = organisations_by_id(payer for payer, name in rows if payer is not None and name is None)
    holders = {str(payer): name or names[payer].name for payer, name in rows if payer is not None}
    councils = {COUNCIL_PAYS: "The council"} if any(payer is None for payer, _ in rows) else {}
    return councils | dict(sorted(holders.items(), key=lambda holder: holder[1]))


def _readable(actor: Actor) -> ColumnElement[bool]:
    return or_(
        SettlementRun.council_id.in_(sorted(set(actor.council_ids(*READERS)))),
        SettlementRun.payer_organisation_id.in_(sorted(actor.organisation_ids(Role.FUND_FINANCE))),
    )


def _narrow(query: Any, actor: Actor, wanted: RunFilter) -> Any:
    query = query.where(_readable(actor), *within(SettlementRun.prepared_at, wanted.days))
    if wanted.state is not None:
        query = query.where(SettlementRun.state == wanted.state)
    if wanted.payer == COUNCIL_PAYS:
        return query.where(SettlementRun.payer_organisation_id.is_(None))
    return query.where(SettlementRun.payer_organisation_id == int(wanted.payer)) if wanted.payer else query


def list_payments(run: RunView, *, page: int = 1, size: int = PAYMENTS_ON_A_PAGE) -> list[PaymentView]:
    """A page of whom a run pays, the operator last; all of them with a `size` of 0."""
    query = (
        select(SettlementPayment)
        .where(SettlementPayment.run_id == run.id)
        .order_by(SettlementPayment.payee.desc(), SettlementPayment.organisation_id, SettlementPayment.id)
        .execution_options(populate_existing=True)
    )
    if size:
        query = query.limit(size).offset((page - 1) * size)
    return _payments(run, db.session.execute(query).scalars())


def list_stopped(run: RunView) -> list[PaymentView]:
    """Payments of a run that was sent whose account was stopped before the banks were done: they are still in its file.

    Without those that the bank returned.
    """
    if run.state is not RunState.SENT or run.processing_on is None:
        return []
    query = (
        select(SettlementPayment)
        .join(BankDetails, BankDetails.id == SettlementPayment.bank_details_id)
        .where(
            SettlementPayment.run_id == run.id,
            SettlementPayment.pence > 0,
            SettlementPayment.rejected_at.is_(None),
            BankDetails.stopped_at < clock.day_bounds(run.processing_on, run.processing_on)[1],
        )
        .order_by(SettlementPayment.payee.desc(), SettlementPayment.organisation_id)
        .execution_options(populate_existing=True)
    )
    rows = db.session.execute(query).scalars().all()
    return _payments(run, rows) if rows else []


def get_payment_for(actor: Actor, run_id: int, payment_id: int) -> tuple[RunView, PaymentView]:
    """One payment of a run, for its payer's finance. Raises NotFound."""
    run = get_run_for(actor, run_id, lines=False)
    row = db.session.get(SettlementPayment, payment_id, populate_existing=True)
    if row is None or row.run_id != run_id:
        raise NotFound()
    return run, _payments(run, [row])[0]


def count_payments(run_id: int) -> tuple[int, int]:
    """How many are paid by a run, and how many lines it has."""
    row = db.session.execute(
        select(func.count(SettlementPayment.id), func.sum(SettlementPayment.line_count)).where(
            SettlementPayment.run_id == run_id
        )
    ).one()
    return int(row[0]), int(row[1] or 0)


def list_returned(organisation_id: int) -> list[tuple[RunView, PaymentView]]:
    """Payments to a provider that its bank returned and that are to be paid again, oldest first."""
    again = exists().where(
        SettlementLine.run_id == SettlementPayment.run_id,
        SettlementLine.organisation_id == SettlementPayment.organisation_id,
        SettlementLine.again_run_id.is_(None),
        SettlementLine.net_pence != 0,
    )
    rows = db.session.execute(
        select(SettlementPayment, SettlementRun)
        .join(SettlementRun, SettlementRun.id == SettlementPayment.run_id)
        .where(SettlementPayment.organisation_id == organisation_id, SettlementPayment.rejected_at.is_not(None), again)
        .order_by(SettlementPayment.id)
    ).all()
    found = []
    for payment, run in rows:
        view = _run(run, Totals(()))
        found.append((view, _payments(view, [payment])[0]))
    return found


def get_run_for(actor: Actor, run_id: int, *, lines: bool = True) -> RunView:
    """A run with its lines (or without), for its payer's finance and the council's. Raises NotFound for others."""
    row = db.session.get(SettlementRun, run_id)
    if row is None or not may_read_runs(actor, row.council_id, row.payer_organisation_id):
        raise NotFound()
    return _run(row, Totals(_remittances(run_id) if lines else ()))


def run_with_lines(run_id: int) -> RunView:
    """A run with its lines, for commands of the machine itself: it asks nobody's rights."""
    return _run(db.session.get_one(SettlementRun, run_id), Totals(_remittances(run_id)))


def get_remittance_for(actor: Actor, run_id: int, organisation_id: int) -> tuple[RunView, Remittance]:
    """What a provider is paid in a run: for its payer's finance, and once it was sent for the provider, and for the
    operator, who does not read whom the provider helped."""
    row = db.session.get(SettlementRun, run_id)
    if row is None:
        raise NotFound()
    is_payer = may_read_runs(actor, row.council_id, row.payer_organisation_id)
    is_provider = organisation_id in actor.organisation_ids(Role.PROVIDER) and row.state is RunState.SENT
    if not (is_payer or is_provider or (actor.has(Role.OPERATOR) and row.state is RunState.SENT)):
        raise NotFound()
    found = [part for part in _remittances(run_id, organisation_id) if part.organisation_id == organisation_id]
    if not found:
        raise NotFound()
    part = found[0]
    if not (is_payer or is_provider):
        part = replace(part, lines=tuple(replace(line, person_name=None) for line in part.lines))
    return _run(row, Totals(())), part


def list_runs_of_provider(organisation_id: int, *, limit: int = 24) -> list[tuple[RunView, int]]:
    """Runs that were sent and paid this provider, newest first, each with the pence that the provider got."""
    rows = db.session.execute(
        select(SettlementRun, SettlementPayment.pence)
        .join(SettlementPayment, SettlementPayment.run_id == SettlementRun.id)
        .where(
            SettlementPayment.organisation_id == organisation_id,
            SettlementPayment.payee == Payee.PROVIDER,
            SettlementPayment.rejected_at.is_(None),
            SettlementRun.state == RunState.SENT,
        )
        .order_by(SettlementRun.sent_at.desc(), SettlementRun.id.desc())
        .limit(limit)
    ).all()
    return [(_run(row.SettlementRun, Totals(())), row.pence) for row in rows]


def _remittances(run_id: int, organisation_id: int | None = None) -> tuple[Remittance, ...]:
    query = (
        select(SettlementLine, Order, Refund.asked_at)
        .join(OrderFunding, OrderFunding.id == SettlementLine.order_funding_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .outerjoin(Refund, Refund.id == SettlementLine.refund_id)
        .where(SettlementLine.run_id == run_id)
        .order_by(SettlementLine.organisation_id, SettlementLine.id)
    )
    if organisation_id is not None:
        query = query.where(SettlementLine.organisation_id == organisation_id)
    by_provider: dict[int, list[DueLine]] = {}
    for line, order, asked_at in db.session.execute(query):
        by_provider.setdefault(line.organisation_id, []).append(
            DueLine(
                line.order_funding_id,
                line.refund_id,
                order.id,
                order.reference,
                order.organisation_id,
                order.provider_name,
                order.person_name,
                clock.london(asked_at or order.confirmed_at or order.created_at).date(),
                line.gross_pence,
                line.levy_pence,
                line.pays_again_id,
                line.split or {},
            )
        )
    return tuple(
        Remittance(provider_id, lines[0].provider_name, tuple(lines)) for provider_id, lines in by_provider.items()
    )


def _run(row: SettlementRun, totals: Totals) -> RunView:
    return RunView(
        row.id,
        row.reference,
        row.council_id,
        row.payer_organisation_id,
        row.payer_name or payer_name(row.council_id, row.payer_organisation_id),
        row.state,
        row.up_to,
        row.gross_pence,
        row.levy_pence,
        row.prepared_by_user_id,
        row.prepared_at,
        row.sent_by_user_id,
        row.sent_at,
        row.words,
        row.settings_id,
        row.processing_on,
        totals,
    )


def _payments(run: RunView, rows: Iterable[SettlementPayment]) -> list[PaymentView]:
    found = list(rows)
    details = details_by_id(row.bank_details_id for row in found)
    names = organisations_by_id(row.organisation_id for row in found if row.organisation_id is not None)
    return [
        PaymentView(
            row.id,
            row.payee,
            row.organisation_id,
            "Levy" if row.payee is Payee.OPERATOR else names[row.organisation_id or 0].name,
            row.line_count,
            row.gross_pence,
            row.levy_pence,
            row.pence,
            details.get(row.bank_details_id or 0),
            row.rejected_at,
            row.rejected_by_user_id,
            row.rejected_reason,
        )
        for row in found
    ]
