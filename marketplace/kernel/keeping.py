"""How long we keep what need not stay for ever. The privacy page promises these periods; `marketplace tidy` keeps them.

Orders, money, the budget book and the audit record are no part of this: they are facts, and facts stay.
"""

from datetime import timedelta

UNFINISHED = timedelta(days=30)
"""Baskets, and the answers and the card of a checkout that was never placed."""
UNCONFIRMED_ACCOUNT = timedelta(days=30)
ENDED_SIGN_IN = timedelta(days=30)
DONE_WORK = timedelta(days=30)
"""What the worker did and no key has to remember."""
PAST_INVITATION = timedelta(days=90)
ASKED_PAYER = timedelta(days=90)
"""Who was asked to pay a part of an order, after the order has ended."""
LOADED_FILE = timedelta(days=90)
LETTER = timedelta(days=365)
NEEDS_FORM = timedelta(days=365)
"""A needs form that nobody changed."""
MISSED_WORDS = timedelta(days=3 * 365)


def words(period: timedelta) -> str:
    """`30 days`, or whole years where they are."""
    years, days = divmod(period.days, 365)
    if years and not days:
        return "1 year" if years == 1 else f"{years} years"
    return f"{period.days} days"
