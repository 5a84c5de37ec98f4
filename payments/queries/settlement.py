"""Read what is to be settled, settlement runs, and each provider's remittance. Lines never change once prepared."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, func, select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council, get_organisation
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from payments.domain import OrderState, Payer, RefundState, RunState
from payments.models import Order, OrderFunding, Refund, SettlementLine, SettlementRun
from payments.queries.waiting import waiting_by_part

READERS = (Role.COUNCIL_FINANCE, Role.AUDITOR)


@dataclass(frozen=True)
class DueLine:
    """A funding part to settle, or (with `refund_id`) a credit for one that was settled before: then all is minus."""

    funding_id: int
    refund_id: int | None
    order_id: int
    reference: str
    organisation_id: int
    provider_name: str
    person_name: str
    on: date
    gross_pence: int
    levy_pence: int

    @property
    def net_pence(self) -> int:
        return self.gross_pence - self.levy_pence


@dataclass(frozen=True)
class Remittance:
    """What one provider is paid in one run: its lines with the levy taken off."""

    organisation_id: int
    provider_name: str
    lines: tuple[DueLine, ...]

    @property
    def gross_pence(self) -> int:
        return sum(line.gross_pence for line in self.lines)

    @property
    def levy_pence(self) -> int:
        return sum(line.levy_pence for line in self.lines)

    @property
    def net_pence(self) -> int:
        return sum(line.net_pence for line in self.lines)


@dataclass(frozen=True)
class Totals:
    """The control totals of a run: lines, gross, and what of it goes to providers and to the operator."""

    providers: tuple[Remittance, ...]

    @property
    def line_count(self) -> int:
        return sum(len(provider.lines) for provider in self.providers)

    @property
    def gross_pence(self) -> int:
        return sum(provider.gross_pence for provider in self.providers)

    @property
    def levy_pence(self) -> int:
        return sum(provider.levy_pence for provider in self.providers)

    @property
    def net_pence(self) -> int:
        return sum(provider.net_pence for provider in self.providers)


@dataclass(frozen=True)
class PayerDue:
    """What one payer would settle now: a council, or the holder of individual service funds."""

    council_id: int
    payer_organisation_id: int | None
    payer_name: str
    totals: Totals
    held_back: tuple[DueLine, ...] = ()
    questioned: tuple[DueLine, ...] = ()


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
    totals: Totals = Totals(())

    @property
    def net_pence(self) -> int:
        return self.gross_pence - self.levy_pence


def due_to_settle(council_id: int, up_to: date, payer_organisation_id: int | None = None) -> PayerDue:
    """What a payer would settle of all that was confirmed until the end of `up_to` (London), by provider.

    Credits are taken off only as far as a provider's own lines reach: nobody is asked to pay in. What has to wait for
    a later run is `held_back`; what somebody says went wrong is `questioned`, and due when that is sorted out.
    """
    due, questioned = _unsettled(council_id, up_to, payer_organisation_id)
    lines = [*due, *_credits(council_id, payer_organisation_id)]
    providers, held_back = _within_each_provider(lines)
    return PayerDue(
        council_id,
        payer_organisation_id,
        payer_name(council_id, payer_organisation_id),
        Totals(providers),
        held_back,
        questioned,
    )


def list_payers(council_id: int) -> list[int | None]:
    """Who settles for people of a council: the council itself (None), then holders with something confirmed."""
    holders = db.session.scalars(
        select(OrderFunding.payer_organisation_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(
            OrderFunding.payer == Payer.ISF_HOLDER,
            OrderFunding.payer_organisation_id.is_not(None),
            Order.council_id == council_id,
            Order.confirmed_at.is_not(None),
        )
        .distinct()
        .order_by(OrderFunding.payer_organisation_id)
    )
    return [None, *holders]


def list_runs(council_ids: Iterable[int], *, limit: int = 100) -> list[RunView]:
    """Runs of these councils, newest first, without their lines."""
    rows = db.session.execute(
        select(SettlementRun)
        .where(SettlementRun.council_id.in_(sorted(council_ids)))
        .order_by(SettlementRun.prepared_at.desc(), SettlementRun.id.desc())
        .limit(limit)
    ).scalars()
    return [_run(row, Totals(())) for row in rows]


def get_run_for(actor: Actor, run_id: int) -> RunView:
    """A run with its lines, for finance and auditors of its council. Raises NotFound for everybody else."""
    row = db.session.get(SettlementRun, run_id)
    if row is None or row.council_id not in actor.council_ids(*READERS):
        raise NotFound()
    return _run(row, Totals(_remittances(run_id)))


def get_remittance_for(actor: Actor, run_id: int, organisation_id: int) -> tuple[RunView, Remittance]:
    """What a provider is paid in a run: for the council's finance, and for the provider once it was sent."""
    row = db.session.get(SettlementRun, run_id)
    if row is None:
        raise NotFound()
    is_council = row.council_id in actor.council_ids(*READERS)
    is_provider = organisation_id in actor.organisation_ids(Role.PROVIDER) and row.state is RunState.SENT
    if not (is_council or is_provider or (actor.has(Role.OPERATOR) and row.state is RunState.SENT)):
        raise NotFound()
    found = [part for part in _remittances(run_id, organisation_id) if part.organisation_id == organisation_id]
    if not found:
        raise NotFound()
    return _run(row, Totals(())), found[0]


def list_runs_of_provider(organisation_id: int, *, limit: int = 24) -> list[tuple[RunView, int]]:
    """Runs that were sent and paid this provider, newest first, each with the pence that the provider got."""
    lines = db.session.execute(
        select(SettlementLine.run_id, SettlementLine.net_pence).where(SettlementLine.organisation_id == organisation_id)
    ).all()
    net: dict[int, int] = {}
    for line in lines:
        net[line.run_id] = net.get(line.run_id, 0) + line.net_pence
    rows = db.session.execute(
        select(SettlementRun)
        .where(SettlementRun.id.in_(sorted(net)), SettlementRun.state == RunState.SENT)
        .order_by(SettlementRun.sent_at.desc(), SettlementRun.id.desc())
        .limit(limit)
    ).scalars()
    return [(_run(row, Totals(())), net[row.id]) for row in rows]


def payer_name(council_id: int, payer_organisation_id: int | None) -> str:
    if payer_organisation_id is not None:
        return get_organisation(payer_organisation_id).name
    return get_council(council_id).name


def of_payer(council_id: int, payer_organisation_id: int | None) -> ColumnElement[bool]:
    """The funding parts that a payer settles."""
    if payer_organisation_id is None:
        return and_(OrderFunding.payer == Payer.COUNCIL, OrderFunding.payer_council_id == council_id)
    return and_(
        OrderFunding.payer == Payer.ISF_HOLDER,
        OrderFunding.payer_organisation_id == payer_organisation_id,
        Order.council_id == council_id,
    )


def is_confirmed_by(up_to: date) -> ColumnElement[bool]:
    """Orders confirmed by the end of a London day."""
    return and_(
        Order.state.in_((OrderState.CONFIRMED, OrderState.CLOSED)),
        Order.confirmed_at < clock.day_bounds(up_to, up_to)[1],
    )


def _unsettled(
    council_id: int, up_to: date, payer_organisation_id: int | None
) -> tuple[list[DueLine], tuple[DueLine, ...]]:
    """What is due, and what would be if nobody had said that something went wrong."""
    waiting = waiting_by_part()
    # What nobody has agreed to give back yet is still due: agreed to later, it is a credit in a later run.
    left = OrderFunding.pence - OrderFunding.refunded_pence + func.coalesce(waiting.c.pence, 0)
    levy = OrderFunding.levy_pence - OrderFunding.levy_back_pence + func.coalesce(waiting.c.levy_pence, 0)
    rows = db.session.execute(
        select(OrderFunding, Order, left, levy, Order.complaint_open)
        .join(Order, Order.id == OrderFunding.order_id)
        .outerjoin(waiting, waiting.c.order_funding_id == OrderFunding.id)
        .where(
            of_payer(council_id, payer_organisation_id),
            is_confirmed_by(up_to),
            OrderFunding.settlement_run_id.is_(None),
            left > 0,
        )
        .order_by(Order.organisation_id, Order.confirmed_at, Order.id, OrderFunding.part_no)
        .execution_options(populate_existing=True)
    ).all()
    due: list[DueLine] = []
    questioned: list[DueLine] = []
    for funding, order, gross, levy_pence, is_questioned in rows:
        (questioned if is_questioned else due).append(_line(order, funding, None, int(gross), int(levy_pence)))
    return due, tuple(questioned)


def _credits(council_id: int, payer_organisation_id: int | None) -> list[DueLine]:
    sent = exists().where(SettlementRun.id == OrderFunding.settlement_run_id, SettlementRun.state == RunState.SENT)
    rows = db.session.execute(
        select(Refund, OrderFunding, Order)
        .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(
            of_payer(council_id, payer_organisation_id),
            Refund.state == RefundState.PENDING,
            Refund.settlement_run_id.is_(None),
            sent,
        )
        .order_by(Order.organisation_id, Refund.id)
        .execution_options(populate_existing=True)
    ).all()
    return [_line(order, funding, refund, -refund.pence, -refund.levy_back_pence) for refund, funding, order in rows]


def _line(order: Order, funding: OrderFunding, refund: Refund | None, gross_pence: int, levy_pence: int) -> DueLine:
    at = refund.asked_at if refund is not None else order.confirmed_at
    return DueLine(
        funding.id,
        refund.id if refund is not None else None,
        order.id,
        order.reference,
        order.organisation_id,
        order.provider_name,
        order.person_name,
        clock.london(at or order.created_at).date(),
        gross_pence,
        levy_pence,
    )


def _within_each_provider(lines: list[DueLine]) -> tuple[tuple[Remittance, ...], tuple[DueLine, ...]]:
    by_provider: dict[int, list[DueLine]] = {}
    for line in lines:
        if line.refund_id is None:
            by_provider.setdefault(line.organisation_id, []).append(line)
    held_back = []
    for line in lines:
        if line.refund_id is None:
            continue
        others = by_provider.get(line.organisation_id, [])
        if sum(other.net_pence for other in others) + line.net_pence < 0 or not others:
            held_back.append(line)
        else:
            others.append(line)
    providers = tuple(
        Remittance(organisation_id, parts[0].provider_name, tuple(parts))
        for organisation_id, parts in sorted(by_provider.items())
    )
    return providers, tuple(held_back)


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
        payer_name(row.council_id, row.payer_organisation_id),
        row.state,
        row.up_to,
        row.gross_pence,
        row.levy_pence,
        row.prepared_by_user_id,
        row.prepared_at,
        row.sent_by_user_id,
        row.sent_at,
        row.words,
        totals,
    )
