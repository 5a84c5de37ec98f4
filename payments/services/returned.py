"""A bank returned a payment of a run that was sent: the payer owes it again, and its lines go into the next run."""

from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.money import format_pounds
from payments import ledger
from payments.domain import Payee, RunState
from payments.ledger import Subject, stories
from payments.models import SettlementPayment, SettlementRun
from payments.queries.payers import payer_name
from payments.services.bank_letters import write_to
from payments.services.settlement import lock_run

LONGEST_REASON = 200


def mark_returned(actor: Actor, run_id: int, payment_id: int, reason: str) -> None:
    """Write down that the bank returned a provider's payment. Twice is once.

    The ledger takes back exactly what the provider got; the levy was paid and stays. Raises NotFound for strangers,
    NotAllowed for a run that was not sent and for what is no provider's payment, DomainError without a reason.
    """
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if not reason:
        raise DomainError("Say why the bank returned it", field="reason")
    with transaction():
        run = lock_run(actor, run_id)
        payment = db.session.get(SettlementPayment, payment_id, populate_existing=True)
        if payment is None or payment.run_id != run_id:
            raise NotFound()
        if run.state is not RunState.SENT:
            raise NotAllowed("This run was not sent, so no bank can have returned a payment of it.")
        if payment.payee is not Payee.PROVIDER or payment.organisation_id is None or payment.pence == 0:
            raise NotAllowed("Only what a provider was paid can come back here. Call the operator about the levy.")
        if payment.rejected_at is not None:
            return
        payment.rejected_at, payment.rejected_by_user_id = clock.now(), actor.user_id
        payment.rejected_reason = reason
        db.session.flush()
        subject = Subject(council_id=run.council_id, actor_user_id=actor.user_id)
        ledger.book(
            stories.returned(
                payment.id, _owes(run), payment.organisation_id, payment.pence, clock.now(), subject, reason
            )
        )
        record(
            "settlement.returned",
            "settlement_payment",
            payment.id,
            actor_user_id=actor.user_id,
            council_id=run.council_id,
            organisation_id=payment.organisation_id,
            reason=reason,
            pence=payment.pence,
        )
        _tell(run, payment.organisation_id, payment.pence, reason)


def _owes(run: SettlementRun) -> str:
    if run.payer_organisation_id is not None:
        return ledger.isf_owed(run.payer_organisation_id)
    return ledger.council_owed(run.council_id)


def _tell(run: SettlementRun, organisation_id: int, pence: int, reason: str) -> None:
    payer = payer_name(run.council_id, run.payer_organisation_id)
    write_to(
        organisation_id,
        (Role.PROVIDER,),
        f"Your bank returned {format_pounds(pence)} from {payer}",
        f"{payer} paid you {format_pounds(pence)} in run {run.reference}, and your bank sent it back: {reason}.\n\n"
        "It is paid again in the next run. Look whether we have the right account for you:",
        path=f"/provider/money/bank?organisation={organisation_id}",
    )
