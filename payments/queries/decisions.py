"""What of the money waits for a second person: refunds, payment runs, levies, bank details."""

from sqlalchemy import and_, or_, select

from marketplace.accounts.decisions import Decision
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import organisations_by_id
from marketplace.database import db
from marketplace.kernel.money import format_pounds
from marketplace.ui.filters import month_name
from payments.domain import RunState
from payments.models import SettlementRun
from payments.queries.bank_details import OWNERS, waiting_details
from payments.queries.levy_issuers import list_waiting_issuers
from payments.queries.levy_rates import list_waiting_rates
from payments.queries.operator import list_waiting_refunds
from payments.queries.unexplained import list_waiting_explanations

REFUNDS, RUNS, LEVIES, BANK = "Refunds above £200", "Payment runs to send", "Levies to approve", "New bank details"
ISSUERS, EXPLAINED = "Names on levy invoices", "Money that was explained"


def list_for(actor: Actor) -> list[Decision]:
    """What somebody else prepared and the actor may let go ahead, oldest first.

    A fixed number of queries for each role, and none for those who decide nothing of the kind.
    """
    return [*_refunds(actor), *_runs(actor), *_levies(actor), *_bank_details(actor), *_of_operators(actor)]


def _refunds(actor: Actor) -> list[Decision]:
    if not actor.has(Role.OPERATOR):
        return []
    rows = [row for row in list_waiting_refunds() if row.asked_by_user_id != actor.user_id]
    return [
        Decision(
            REFUNDS,
            f"{format_pounds(row.pence)} back for order {row.reference}, from {row.provider_name}",
            f"/desk/refund/{row.id}",
            row.asked_by_user_id,
            row.asked_at,
            row.words or "",
        )
        for row in rows
    ]


def _runs(actor: Actor) -> list[Decision]:
    """Runs of the payers for whom the actor may send, as `may_settle` says it of one."""
    councils, holders = actor.council_ids(Role.COUNCIL_FINANCE), actor.organisation_ids(Role.FUND_FINANCE)
    if not councils and not holders:
        return []
    of_council = and_(SettlementRun.payer_organisation_id.is_(None), SettlementRun.council_id.in_(councils))
    of_holder = SettlementRun.payer_organisation_id.in_(holders)
    rows = db.session.execute(
        select(
            SettlementRun.id,
            SettlementRun.reference,
            SettlementRun.gross_pence,
            SettlementRun.payer_name,
            SettlementRun.prepared_by_user_id,
            SettlementRun.prepared_at,
        )
        .where(
            SettlementRun.state == RunState.PREPARED,
            SettlementRun.prepared_by_user_id != actor.user_id,
            or_(of_council, of_holder),
        )
        .order_by(SettlementRun.prepared_at, SettlementRun.id)
    ).all()
    return [
        Decision(
            RUNS,
            f"Run {row.reference}, {format_pounds(row.gross_pence)}"
            + (f", {row.payer_name}" if row.payer_name else ""),
            f"/council/settlement/{row.id}",
            row.prepared_by_user_id,
            row.prepared_at,
        )
        for row in rows
    ]


def _levies(actor: Actor) -> list[Decision]:
    """Of every council for an operator; of their own for its finance team."""
    councils = None if actor.has(Role.OPERATOR) else actor.council_ids(Role.COUNCIL_FINANCE)
    if councils is not None and not councils:
        return []
    rows = [row for row in list_waiting_rates(councils) if row.waits_for(actor)]
    return [
        Decision(
            LEVIES,
            f"A levy of {row.percent}",
            f"/councils/{row.council_id}/levy",
            row.set_by_user_id,
            row.created_at,
        )
        for row in rows
    ]


def _of_operators(actor: Actor) -> list[Decision]:
    """Names on levy invoices to confirm, and what colleagues say that unexplained money was."""
    if not actor.has(Role.OPERATOR):
        return []
    issuers = [row for row in list_waiting_issuers() if row.set_by_user_id != actor.user_id]
    said = [row for row in list_waiting_explanations() if row.prepared_by_user_id != actor.user_id]
    return [
        *(
            Decision(
                ISSUERS,
                f"{row.issuer.name}, from {month_name(row.starts_on)} on",
                "/desk/levy/issuer",
                row.set_by_user_id,
                row.created_at,
            )
            for row in issuers
        ),
        *(
            Decision(
                EXPLAINED,
                f"{format_pounds(abs(row.pence))} at Stripe, {row.number}",
                f"/desk/money/unexplained/{row.entry_id}",
                row.prepared_by_user_id,
                row.prepared_at,
                row.reason,
            )
            for row in said
        ),
    ]


def _bank_details(actor: Actor) -> list[Decision]:
    mine = actor.organisation_ids(*OWNERS)
    if not mine:
        return []
    waiting = [row for row in waiting_details(mine).values() if row.given_by_user_id != actor.user_id]
    organisations = organisations_by_id(row.organisation_id for row in waiting)
    return [
        Decision(
            BANK,
            f"For {organisations[row.organisation_id].name}",
            f"/provider/money/bank?organisation={row.organisation_id}",
            row.given_by_user_id,
            row.given_at,
        )
        for row in sorted(waiting, key=lambda row: row.given_at)
    ]
