"""Payouts from providers' own accounts at Stripe to their banks, as the ledger keeps them beside its own."""

from collections.abc import Callable

from marketplace.database import db, transaction
from payments import ledger
from payments.ledger import stories
from payments.stripe import BalanceMove, gateway

KINDS = ("payout", "payout_failure", "payout_cancel")


def take_in_payouts(account_id: str) -> Callable[[int], None]:
    """Read a provider's payouts that are not booked yet; answers what books them for its organisation.

    A payout that a bank sent back later is a movement of its own: the later word stands.
    """
    fresh: list[BalanceMove] = []
    for kind in KINDS:
        for move in gateway().list_moves(account_id, kind):
            known = ledger.find_entry(f"stripe:{move.id}") is not None
            db.session.rollback()
            if known:
                break
            fresh.append(move)

    def book(organisation_id: int) -> None:
        with transaction():
            for move in reversed(fresh):
                ledger.book(stories.provider_payout(move.id, organisation_id, move.pence, move.occurred_at))

    return book
