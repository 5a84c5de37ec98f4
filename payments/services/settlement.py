"""Settle what was confirmed: one person of the council's finance team prepares a run, another one sends it.

A run's lines are fixed when it is prepared, so that whoever sends it sends what was looked at, and its files are the
same bytes whenever they are fetched.
"""

from datetime import date

from sqlalchemy import select, update

from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.ids import new_reference
from payments import ledger
from payments.banking.working_days import next_working_day
from payments.domain import PAYMENT_MOVES, ChargeAt, Payee, PaymentAction, RefundState, RunState
from payments.ledger import Subject, stories
from payments.models import (
    BankDetails,
    Order,
    OrderFunding,
    Refund,
    SettlementLine,
    SettlementPayment,
    SettlementRun,
)
from payments.queries.due import PayerDue
from payments.queries.payers import current_settings, may_settle
from payments.queries.settlement import due_to_settle, is_confirmed_by, of_payer, returned_to
from payments.services.moves import has_happened, lock_order, move_payment
from payments.services.refund_rows import lock_funding
from payments.services.settled_books import (
    book_refund,
    book_sale,
    follow_settled,
    nothing_left_to_settle,
    payer_code,
)


def preview(actor: Actor, council_id: int, up_to: date, payer_organisation_id: int | None = None) -> PayerDue:
    """What a run would hold now, with its control totals. Raises NotFound for anybody but the payer's finance."""
    require_finance(actor, council_id, payer_organisation_id)
    return due_to_settle(council_id, up_to, payer_organisation_id)


def prepare(
    actor: Actor, council_id: int, up_to: date, payer_organisation_id: int | None = None, *, seen: str | None = None
) -> int:
    """Fix what is due into a run that a second person sends; answers its id.

    Two at once never take the same line: the second finds what the first left. Raises NotFound, and DomainError when
    nothing is due, the day has not ended its orders yet, the levy cannot be paid by bank, or what is due (or where it
    is paid) is no longer what was `seen`.
    """
    require_finance(actor, council_id, payer_organisation_id)
    if up_to > clock.today():
        raise DomainError("Choose today or a day before.", field="up_to")
    with transaction():
        _lock_due(council_id, up_to, payer_organisation_id)
        due = due_to_settle(council_id, up_to, payer_organisation_id)
        if seen is not None and seen != due.seen:
            raise DomainError(
                "Something was agreed or given back, or an account changed, since you looked. Look at the totals "
                "again, then prepare the run."
            )
        if due.totals.line_count == 0:
            waits = due.held_back or due.without_details or due.questioned
            raise DomainError(
                "Nothing can be paid up to that day: what is left has to wait, and the page says for what."
                if waits
                else "Nothing is due up to that day: everything that was agreed is settled.",
                field="up_to",
            )
        if due.lacks_operator:
            raise DomainError("The operator of this site has given no bank details for the levy: ask it to.")
        run = SettlementRun(
            reference=f"SR-{new_reference()}",
            council_id=council_id,
            payer_organisation_id=payer_organisation_id,
            state=RunState.PREPARED,
            up_to=up_to,
            gross_pence=due.totals.gross_pence,
            levy_pence=due.totals.levy_pence,
            prepared_by_user_id=actor.user_id,
            prepared_at=clock.now(),
            settings_id=current_settings(council_id, payer_organisation_id).id,
            payer_name=due.payer_name,
        )
        db.session.add(run)
        db.session.flush()
        _write_payments(run.id, due)
        for provider in due.totals.providers:
            for line in provider.lines:
                db.session.add(
                    SettlementLine(
                        run_id=run.id,
                        order_funding_id=line.funding_id,
                        refund_id=line.refund_id,
                        organisation_id=line.organisation_id,
                        gross_pence=line.gross_pence,
                        levy_pence=line.levy_pence,
                        net_pence=line.net_pence,
                        pays_again_id=line.pays_again_id,
                        split=dict(line.split) or None,
                    )
                )
                if line.pays_again_id is not None:
                    db.session.get_one(SettlementLine, line.pays_again_id).again_run_id = run.id
                elif line.refund_id is None:
                    db.session.get_one(OrderFunding, line.funding_id).settlement_run_id = run.id
                else:
                    db.session.get_one(Refund, line.refund_id).settlement_run_id = run.id
        db.session.flush()
        _record("settlement.prepare", run, actor)
        return run.id


def send(actor: Actor, run_id: int) -> None:
    """A second person sends a run: its orders are paid, its credits are settled, and the ledger has it. Twice is once.

    Raises NotFound for strangers; NotAllowed for who prepared it, when it was dropped, when somebody has complained
    about one of its orders meanwhile, and when somebody whom it pays stopped the bank details that it would pay to.
    """
    with transaction():
        run = lock_run(actor, run_id)
        if run.state is RunState.SENT:
            return
        if run.state is RunState.DROPPED:
            raise NotAllowed("This run was dropped. Prepare a new one.")
        if run.prepared_by_user_id == actor.user_id:
            raise NotAllowed("You prepared this run. A colleague has to send it.")
        _refuse_stopped_details(run_id)
        run.state, run.sent_by_user_id, run.sent_at = RunState.SENT, actor.user_id, clock.now()
        run.processing_on = next_working_day(clock.today())
        db.session.flush()
        net_by_provider: dict[int, int] = {}
        code, questioned = None, []
        for line, order_id in _lines(run_id):
            order, funding = lock_order(order_id), lock_funding(line.order_funding_id)
            code = payer_code(funding)
            net_by_provider[line.organisation_id] = net_by_provider.get(line.organisation_id, 0) + line.net_pence
            if line.pays_again_id is not None:
                continue
            if line.refund_id is None:
                if order.complaint_open:
                    questioned.append(order.reference)
                _settle(order, funding, line, actor)
            else:
                refund = db.session.get_one(Refund, line.refund_id, populate_existing=True)
                refund.state, refund.done_at = RefundState.DONE, clock.now()
        _require_no_complaint(questioned)
        if code is not None and (any(net_by_provider.values()) or run.levy_pence):
            subject = Subject(council_id=run.council_id, actor_user_id=actor.user_id)
            ledger.book(stories.settlement(run.id, code, net_by_provider, run.levy_pence, clock.now(), subject))
        _record("settlement.send", run, actor)


def drop(actor: Actor, run_id: int, words: str) -> None:
    """Give up a run that was not sent: its lines are due again. Twice is once.

    Raises NotFound for whoever may not settle, NotAllowed once it is sent, DomainError on `words` without a reason.
    """
    words = words.strip()
    if not words:
        raise DomainError("Say why this run is not sent", field="words")
    with transaction():
        run = lock_run(actor, run_id)
        if run.state is RunState.DROPPED:
            return
        if run.state is RunState.SENT:
            raise NotAllowed("This run was sent. What has to be corrected goes into the next one.")
        run.state, run.words = RunState.DROPPED, words[:1000]
        fundings = [
            line.order_funding_id for line, _ in _lines(run_id) if line.refund_id is None and line.pays_again_id is None
        ]
        for funding_id in fundings:
            order = lock_order(
                db.session.scalars(select(OrderFunding.order_id).where(OrderFunding.id == funding_id)).one()
            )
            funding = lock_funding(funding_id)
            funding.settlement_run_id = None
            # Given back while the run was prepared: the next run simply asks for less, or for nothing.
            for refund in db.session.execute(
                select(Refund)
                .where(Refund.order_funding_id == funding_id, Refund.state == RefundState.PENDING)
                .order_by(Refund.id)
            ).scalars():
                refund.state, refund.done_at = RefundState.DONE, clock.now()
                db.session.flush()
                nothing_left_to_settle(order, funding, refund)
        db.session.execute(update(Refund).where(Refund.settlement_run_id == run_id).values(settlement_run_id=None))
        db.session.execute(
            update(SettlementLine).where(SettlementLine.again_run_id == run_id).values(again_run_id=None)
        )
        db.session.flush()
        _record("settlement.drop", run, actor, reason=run.words)


def _require_no_complaint(references: list[str]) -> None:
    """Nothing is settled that somebody complained about after the run was prepared."""
    if references:
        more = f" and {len(references) - 5} more" if len(references) > 5 else ""
        raise NotAllowed(
            f"Something is said to have gone wrong with {', '.join(references[:5])}{more} since this run was prepared. "
            "Drop the run and prepare it again: the new one leaves that out until it is sorted out."
        )


def _write_payments(run_id: int, due: PayerDue) -> None:
    """Fix whom a run pays and where to, so that whoever sends it pays the accounts that were looked at."""
    for part in due.totals.providers:
        details = due.details.get(part.organisation_id)
        db.session.add(
            SettlementPayment(
                run_id=run_id,
                payee=Payee.PROVIDER,
                organisation_id=part.organisation_id,
                line_count=len(part.lines),
                gross_pence=part.gross_pence,
                levy_pence=part.levy_pence,
                pence=part.net_pence,
                bank_details_id=details.id if details else None,
            )
        )
    levy_pence = due.totals.levy_pence
    if levy_pence:
        db.session.add(
            SettlementPayment(
                run_id=run_id,
                payee=Payee.OPERATOR,
                organisation_id=due.operator.organisation_id if due.operator else None,
                line_count=0,
                gross_pence=levy_pence,
                levy_pence=0,
                pence=levy_pence,
                bank_details_id=due.operator.id if due.operator else None,
            )
        )
    db.session.flush()


def _refuse_stopped_details(run_id: int) -> None:
    """Under the lock of the details: who stops them either comes first, or finds the run sent and tells its payer."""
    paid_to = select(SettlementPayment.bank_details_id).where(SettlementPayment.run_id == run_id)
    for details in db.session.execute(
        select(BankDetails)
        .where(BankDetails.id.in_(paid_to))
        .order_by(BankDetails.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars():
        if details.stopped_at is not None:
            raise NotAllowed(
                f"{details.account_name} has stopped the bank details of this run. Do not send it: prepare it again."
            )


def _settle(order: Order, funding: OrderFunding, line: SettlementLine, actor: Actor) -> None:
    book_sale(order, funding, line.gross_pence, line.levy_pence)
    cause = f"settled:{funding.id}"
    by_run = order.charge_at is ChargeAt.SETTLEMENT  # where a card pays a part, the payment's state is the card's
    if by_run and not has_happened(cause) and PAYMENT_MOVES.allows(order.payment_state, PaymentAction.CAPTURE):
        move_payment(order, PaymentAction.CAPTURE, cause=cause, actor_user_id=actor.user_id)
        db.session.flush()
    given_back = db.session.execute(
        select(Refund).where(Refund.order_funding_id == funding.id).order_by(Refund.id)
    ).scalars()
    for refund in given_back:
        if refund.state is RefundState.PENDING:
            # Asked for while the run was prepared: a credit for the next one.
            book_refund(order, funding, refund)
        if refund.state in (RefundState.PENDING, RefundState.DONE):
            follow_settled(order, refund)


def _lines(run_id: int) -> list[tuple[SettlementLine, int]]:
    """A run's lines with their orders, in the order in which orders are locked."""
    rows = db.session.execute(
        select(SettlementLine, OrderFunding.order_id)
        .join(OrderFunding, OrderFunding.id == SettlementLine.order_funding_id)
        .where(SettlementLine.run_id == run_id)
        .order_by(OrderFunding.order_id, SettlementLine.id)
    )
    return [(row.SettlementLine, row.order_id) for row in rows]


def _lock_due(council_id: int, up_to: date, payer_organisation_id: int | None) -> None:
    """Hold what may go into a run until the commit: funding parts, then the credits."""
    db.session.execute(
        select(OrderFunding.id)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(
            of_payer(council_id, payer_organisation_id),
            is_confirmed_by(up_to),
            OrderFunding.settlement_run_id.is_(None),
        )
        .order_by(OrderFunding.id)
        .with_for_update(of=OrderFunding)
    ).all()
    db.session.execute(
        select(Refund.id)
        .join(OrderFunding, OrderFunding.id == Refund.order_funding_id)
        .join(Order, Order.id == OrderFunding.order_id)
        .where(of_payer(council_id, payer_organisation_id), Refund.state == RefundState.PENDING)
        .order_by(Refund.id)
        .with_for_update(of=Refund)
    ).all()
    db.session.execute(
        select(SettlementPayment.id)
        .join(SettlementRun, SettlementRun.id == SettlementPayment.run_id)
        .where(returned_to(council_id, payer_organisation_id))
        .order_by(SettlementPayment.id)
        .with_for_update(of=SettlementPayment)
    ).all()


def lock_run(actor: Actor, run_id: int) -> SettlementRun:
    """The run under its lock, for its payer's finance. Raises NotFound for others."""
    run = db.session.execute(
        select(SettlementRun)
        .where(SettlementRun.id == run_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if run is None:
        raise NotFound()
    require_finance(actor, run.council_id, run.payer_organisation_id)
    return run


def require_finance(actor: Actor, council_id: int, payer_organisation_id: int | None) -> None:
    """Raises NotFound unless the actor settles for this payer."""
    if not may_settle(actor, council_id, payer_organisation_id):
        raise NotFound()


def _record(action: str, run: SettlementRun, actor: Actor, *, reason: str | None = None) -> None:
    record(
        action,
        "settlement_run",
        run.id,
        actor_user_id=actor.user_id,
        council_id=run.council_id,
        organisation_id=run.payer_organisation_id,
        reason=reason,
        gross_pence=run.gross_pence,
        levy_pence=run.levy_pence,
    )
