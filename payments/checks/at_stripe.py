"""I6: the balance of every account at Stripe is the one that the ledger has."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from marketplace.bulk import batched
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.checks import Check
from marketplace.kernel.money import format_pounds
from payments import ledger
from payments.models import LedgerAccount, LedgerEntry, LedgerPosting, StripeAccount
from payments.stripe import BalanceMove, GatewayError, gateway, is_set_up

ON_ITS_WAY = timedelta(minutes=10)
"""What moved at Stripe less long ago may not have been told yet."""


def agrees() -> Iterator[Check]:
    """Compare each account; where one differs, find the balance transaction at fault."""
    if not is_set_up():
        yield Check("I6", "accounts at Stripe (none is set up)", 0)
        return
    accounts = db.session.execute(
        select(StripeAccount.organisation_id, StripeAccount.stripe_id).order_by(StripeAccount.organisation_id)
    ).all()
    ours = {
        **ledger.balances(ledger.STRIPE_CLEARING),
        **ledger.balances("provider:%:stripe"),
    }
    db.session.rollback()
    count, fault = 0, None
    try:
        for organisation_id, stripe_id in [(None, None), *((row.organisation_id, row.stripe_id) for row in accounts)]:
            count += 1
            code = ledger.STRIPE_CLEARING if organisation_id is None else ledger.provider_stripe(organisation_id)
            has, theirs = ours.get(code, 0), gateway().balance_pence(stripe_id)
            if has != theirs and has != theirs - _on_its_way(stripe_id):
                fault = f"{code} is {format_pounds(has)} in the ledger and {format_pounds(theirs)} at Stripe"
                which = _which(code, stripe_id)
                fault += f": {which}" if which else ""
                break
    except GatewayError as error:
        fault = f"Stripe could not be asked: {error}"
    yield Check("I6", "accounts at Stripe", count, fault)


def _on_its_way(account_id: str | None) -> int:
    """What moved on an account within the last minutes and is not booked yet."""
    since, pence = clock.now() - ON_ITS_WAY, 0
    for move in gateway().list_moves(account_id):
        if move.occurred_at < since:
            break
        if ledger.find_entry(f"stripe:{move.id}") is None and (account_id is None or move.kind.startswith("payout")):
            pence += move.pence - move.fee_pence
    db.session.rollback()
    return pence


def _which(code: str, account_id: str | None) -> str | None:
    """The first balance transaction that the ledger has not, or otherwise, or the entry that Stripe has not.

    On a provider's account only its payouts are booked one by one: the rest came from the operator's account.
    """
    moves = (move for move in gateway().list_moves(account_id) if account_id is None or move.kind.startswith("payout"))
    seen: set[str] = set()
    for some in batched(moves, 500):
        booked = _booked(code, some)
        for move in some:
            cause, pence = f"stripe:{move.id}", move.pence - move.fee_pence
            seen.add(cause)
            if cause not in booked:
                return f"{move.kind} {move.id} of {format_pounds(pence)} is not in the ledger"
            if booked[cause] != pence:
                return f"{move.kind} {move.id} is {format_pounds(pence)}, {format_pounds(booked[cause])} in the ledger"
    with db.session.scalars(
        select(LedgerEntry.cause)
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(
            LedgerAccount.code == code,
            LedgerEntry.kind == "provider_payout" if account_id else LedgerEntry.cause.is_not(None),
        )
        .execution_options(yield_per=1000)
    ) as causes:
        strange = next((cause for cause in causes if cause not in seen), None)
    db.session.rollback()
    return f"entry {strange} is not at Stripe" if strange else None


def _booked(code: str, moves: list[BalanceMove]) -> dict[str, int]:
    rows = db.session.execute(
        select(LedgerEntry.cause, func.sum(LedgerPosting.pence))
        .join(LedgerPosting, LedgerPosting.entry_id == LedgerEntry.id)
        .join(LedgerAccount, LedgerAccount.id == LedgerPosting.account_id)
        .where(LedgerAccount.code == code, LedgerEntry.cause.in_([f"stripe:{move.id}" for move in moves]))
        .group_by(LedgerEntry.cause)
    )
    found = {cause: int(pence) for cause, pence in rows}
    db.session.rollback()
    return found
