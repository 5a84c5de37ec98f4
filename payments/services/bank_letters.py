"""E-mails about bank details and payments by bank. None of them ever holds a sort code or a whole account number."""

from flask import current_app
from sqlalchemy import select

from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.accounts.queries import get_organisation, list_organisations_of_council, list_users_of
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import format_pounds
from marketplace.outbox.email import queue_email
from payments.domain import RunState
from payments.models import SettlementPayment, SettlementRun


def write_to(organisation_id: int, roles: tuple[Role, ...], subject: str, body: str, *, path: str) -> None:
    """Write to everybody of an organisation who has one of the roles, and to its own address, once each."""
    link = f"{current_app.extensions['settings'].public_url}{path}"
    name, phone = current_app.config["SERVICE_NAME"], current_app.config["SERVICE_PHONE"]
    text = f"{body}\n\n{link}\n\n{name}\nQuestions? Call {phone}.\n"
    subject = " ".join(subject.split())[:200]
    written: set[str] = set()
    for user in list_users_of(organisation_id, *roles):
        if user.email.lower() not in written:
            queue_email(user.email, subject, text, user_id=user.id)
            written.add(user.email.lower())
    own = get_organisation(organisation_id).email
    if own and own.lower() not in written:
        queue_email(own, subject, text)


def finance_offices(council_id: int | None, organisation_id: int | None) -> list[tuple[int, Role]]:
    """The offices of a payer's finance, each with the role that counts there: the fund holder, or the council's."""
    if organisation_id is not None:
        return [(organisation_id, Role.FUND_FINANCE)]
    offices = list_organisations_of_council(council_id or 0, OrganisationKind.COUNCIL)
    return [(office.id, Role.COUNCIL_FINANCE) for office in offices]


def warn_payers(details_id: int, organisation_id: int) -> None:
    """Details were stopped: tell the finance of each payer whose run was sent and which the banks have not done yet."""
    rows = db.session.execute(
        select(SettlementRun, SettlementPayment.pence)
        .join(SettlementPayment, SettlementPayment.run_id == SettlementRun.id)
        .where(
            SettlementPayment.bank_details_id == details_id,
            SettlementPayment.pence > 0,
            SettlementPayment.rejected_at.is_(None),
            SettlementRun.state == RunState.SENT,
            SettlementRun.processing_on >= clock.today(),
        )
        .order_by(SettlementRun.id)
    ).all()
    for run, pence in rows:
        name = get_organisation(organisation_id).name
        for office_id, role in finance_offices(run.council_id, run.payer_organisation_id):
            write_to(
                office_id,
                (role,),
                f"Take a payment out of run {run.reference} at your bank",
                f"{name} has stopped the account that run {run.reference} pays {format_pounds(pence)} to. The run was "
                "sent, so its file still holds this payment: take it out at your bank, or have the bank stop it. When "
                "it did not go out, mark it as returned on the page of the run, and it is paid again in the next one:",
                path=f"/council/settlement/{run.id}",
            )
