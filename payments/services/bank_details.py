"""Give, agree to and stop the bank details of those whom runs pay.

Paying into a stranger's account because somebody changed the details is the classic fraud. So new details rest for
three days unless a second person of the organisation agrees to them, everybody there is told at once, and anybody
there, or the operator, can stop them; until then the account before is paid. Whoever holds one person's sign-in can
invite a second address of their own, so nobody agrees who joined shortly before the details were given, or after.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import list_members
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments.banking.accounts import BankAccount
from payments.models import BankDetails
from payments.queries.bank_details import OWNERS, usable_details, waiting_details
from payments.services.bank_letters import warn_payers, write_to

HOLD = timedelta(days=3)
Act = Callable[[Actor, int], None]


def give(actor: Actor, organisation_id: int, account: BankAccount) -> int:
    """New details of an organisation, by one of its people; answers their id. Raises NotFound for others, DomainError
    when they are what stands already."""
    if organisation_id not in actor.organisation_ids(*OWNERS) or actor.user_id is None:
        raise NotFound()
    with transaction():
        stands = {**usable_details([organisation_id]), **waiting_details([organisation_id])}.get(organisation_id)
        if stands is not None and stands.account == account:
            raise DomainError("These are the details that we have already.", field="account_number")
        details = BankDetails(
            organisation_id=organisation_id,
            account_name=account.name,
            sort_code=account.sort_code,
            account_number=account.number,
            given_by_user_id=actor.user_id,
            given_at=clock.now(),
            usable_from=clock.now() + HOLD,
        )
        db.session.add(details)
        db.session.flush()
        _record("bank_details.give", details, actor)
        write_to(
            organisation_id,
            OWNERS,
            "Your bank details are being changed",
            f"{actor.name or 'Somebody of yours'} gave us new bank details: the {account.masked}.\n\n"
            "They are used in three days, or as soon as a second person of yours agrees. If none of you did this, stop "
            "it on this page now, and call us:",
            path=f"/provider/money/bank?organisation={organisation_id}",
        )
        return details.id


def agree(actor: Actor, details_id: int) -> None:
    """A second person of the organisation agrees: the details are used at once. Twice is once.

    Raises NotFound for strangers, NotAllowed for whoever gave them, for who joined too late to be a second person, and
    for details that were stopped.
    """
    with transaction():
        details = _lock(details_id)
        if details.organisation_id not in actor.organisation_ids(*OWNERS):
            raise NotFound()
        if details.stopped_at is not None:
            raise NotAllowed("These bank details were stopped. Give them again.")
        if details.given_by_user_id == actor.user_id:
            raise NotAllowed("You gave these bank details. A colleague has to agree, or three days have to pass.")
        if details.agreed_at is None:
            if _joined_too_late(actor, details):
                raise NotAllowed(
                    "You joined too recently to agree to these bank details. A colleague who was here three days "
                    "before they were given has to agree, or three days have to pass."
                )
            details.agreed_at, details.agreed_by_user_id = clock.now(), actor.user_id
            db.session.flush()
            _record("bank_details.agree", details, actor)
            write_to(
                details.organisation_id,
                OWNERS,
                "Your new bank details are used from now on",
                f"{actor.name or 'Somebody of yours'} agreed to the new bank details: the account ending "
                f"{details.account_number[-3:]}. You are paid there from now on. If this is wrong, stop it on this "
                "page now, and call us:",
                path=f"/provider/money/bank?organisation={details.organisation_id}",
            )


def stop(actor: Actor, details_id: int) -> None:
    """Nothing is paid to these details any more. By the organisation's people or the operator. Twice is once.

    Raises NotFound for anybody else.
    """
    with transaction():
        details = _lock(details_id)
        is_owner = details.organisation_id in actor.organisation_ids(*OWNERS)
        if not (is_owner or actor.has(Role.OPERATOR)):
            raise NotFound()
        if details.stopped_at is not None:
            return
        details.stopped_at, details.stopped_by_user_id = clock.now(), actor.user_id
        db.session.flush()
        _record("bank_details.stop", details, actor)
        write_to(
            details.organisation_id,
            OWNERS,
            "Bank details were stopped",
            "Nothing is paid any more to the bank details that were given last. Look at where you are paid:",
            path=f"/provider/money/bank?organisation={details.organisation_id}",
        )
        warn_payers(details.id, details.organisation_id)


def _joined_too_late(actor: Actor, details: BankDetails) -> bool:
    """Whether somebody was no member yet when the hold, counted back from the moment of giving, began."""
    since = [
        member.since
        for member in list_members(details.organisation_id)
        if member.user_id == actor.user_id and member.role in OWNERS
    ]
    return not since or min(since) > details.given_at - HOLD


def _lock(details_id: int) -> BankDetails:
    details = db.session.execute(
        select(BankDetails)
        .where(BankDetails.id == details_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if details is None:
        raise NotFound()
    return details


def _record(action: str, details: BankDetails, actor: Actor) -> None:
    """Who did it and to which version: never a number of an account."""
    record(
        action,
        "bank_details",
        details.id,
        actor_user_id=actor.user_id,
        organisation_id=details.organisation_id,
    )
