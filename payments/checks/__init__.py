"""What must be true of money whatever happened: I1, I3, I4, I5, I6, and what payments have of I2, I7 and I8.

Every rule is judged by the database, over all rows in a few passes, so that memory does not grow with the books; the
first row at fault is named. I6 asks Stripe.
"""

from collections.abc import Iterator

from marketplace.kernel.checks import Check
from payments.checks import (
    at_stripe,
    both_books,
    charges,
    entries,
    explained,
    fees,
    levies,
    levy_papers,
    lines,
    months,
    movements,
    payees,
    places,
    promises,
    refunds,
    settled,
    told,
    totals,
)


def run() -> Iterator[Check]:
    """Every check of this package, in the order of the invariants."""
    yield entries.balance()
    yield both_books.agree()
    yield charges.once()
    yield charges.booked_as_sold()
    yield places.of_whom_they_are_about()
    yield movements.of_cards()
    yield charges.transitions_once()
    yield lines.as_far_as_their_orders()
    yield told.refunds_are_linked()
    yield told.disputes_stand()
    yield promises.stand()
    yield settled.booked_as_sent()
    yield fees.invoiced_and_paid()
    yield explained.booked_as_agreed()
    yield refunds.within_payments()
    yield levies.by_their_rule()
    yield levy_papers.come_to_the_ledger()
    yield from at_stripe.agrees()
    yield entries.say_for_whom()
    yield payees.were_asked_about()
    yield entries.moves_are_in_the_record()
    yield months.stand()
    yield totals.are_sums()
