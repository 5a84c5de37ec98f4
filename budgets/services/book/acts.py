"""What happens in the budget book. Helpers of the open transaction, idempotent by their cause."""

from datetime import date

from budgets.domain import BudgetState, EntryKind
from budgets.errors import (
    BudgetError,
    BudgetNotOpen,
    NotEnoughLeft,
    NotKeptAside,
    NotSpent,
    OutsideMandate,
)
from budgets.services.book.rows import (
    ABOVE_ZERO,
    IF_HELD,
    IF_LEFT,
    IF_SPENT,
    WITHIN_WHAT_IS_LEFT,
    Account,
    Entry,
    find_entry,
    left_in,
    lock_account,
    open_account,
    post,
    sum_of_order,
)
from budgets.words import day_words, no_holder_words
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail


def hold(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    order_id: int,
    outcome_id: int | None,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None = None,
    on: date | None = None,
    fewer: str = "fewer hours",
) -> int | None:
    """Keep `pence` aside for an order. 0p keeps nothing aside and answers None.

    `on` is the day of the support (today by default) and must lie in the pot's period. `fewer` is what the buyer could
    choose instead, such as "fewer visits". Raises NotEnoughLeft, BudgetNotOpen, OutsideMandate, CauseUsedDifferently,
    NotFound.
    """
    entry = Entry(EntryKind.HOLD, pot_period_id, pence, cause, order_id, outcome_id, actor_user_id, mandate_id, reason)
    account, before = open_account(entry)
    if before is not None:
        return before
    _check_open(account, on or clock.today())
    if account.is_outside_mandate:
        raise OutsideMandate(account.person_name, account.words)
    if pence == 0:
        return None
    entry_id = post(entry, account, IF_LEFT) or find_entry(entry)
    if entry_id is None:
        left = left_in(pot_period_id)
        raise NotEnoughLeft(
            asked_pence=pence,
            left_pence=left,
            pot_words=account.words,
            until=account.ends_on,
            until_words=day_words(account.ends_on),
            pot_period_id=pot_period_id,
            fewer=fewer,
            ask=account.who_to_ask,
        )
    return entry_id


def release(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    order_id: int,
    outcome_id: int | None,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None = None,
) -> int | None:
    """Let go what is kept aside for an order; never more than that. Raises NotKeptAside, CauseUsedDifferently."""
    return _out_of_hold(
        Entry(EntryKind.RELEASE, pot_period_id, pence, cause, order_id, outcome_id, actor_user_id, mandate_id, reason)
    )


def spend(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    order_id: int,
    outcome_id: int | None,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None = None,
) -> int | None:
    """Turn what is kept aside for an order into spending. Raises NotKeptAside, CauseUsedDifferently, NotFound.

    Allowed after the budget ended or was suspended: what was booked is honoured.
    """
    return _out_of_hold(
        Entry(EntryKind.SPEND, pot_period_id, pence, cause, order_id, outcome_id, actor_user_id, mandate_id, reason)
    )


def refund(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    order_id: int,
    outcome_id: int | None,
    actor_user_id: int | None,
    mandate_id: int | None,
    reason: str | None = None,
) -> int | None:
    """Give back to the pot what was spent on an order. Raises NotSpent for more than that, CauseUsedDifferently."""
    entry = Entry(
        EntryKind.REFUND, pot_period_id, pence, cause, order_id, outcome_id, actor_user_id, mandate_id, reason
    )
    lock_account(pot_period_id)
    account, before = open_account(entry)
    if before is not None or pence == 0:
        return before
    if sum_of_order(entry, {EntryKind.SPEND: 1, EntryKind.REFUND: -1}) < pence:
        raise NotSpent
    entry_id = post(entry, account, IF_SPENT)
    if entry_id is None:
        raise NotSpent
    return entry_id


def allocate(
    pot_period_id: int,
    pence: int,
    *,
    cause: str,
    actor_user_id: int | None,
    reason: str | None = None,
    may_overcommit: bool = False,
    counts_from: date | None = None,
) -> int | None:
    """Add to what was agreed for a pot, or cut it by a negative amount. 0p changes nothing.

    `counts_from` is a later day on which it comes: it can be booked ahead at once, as all that is agreed for a period.

    A cut below what is kept aside and spent needs `may_overcommit`; the pot then says so and takes no hold until more
    is allocated. Who may cut is for the caller to know. Raises BudgetError, CauseUsedDifferently, NotFound.
    """
    entry = Entry(EntryKind.ALLOCATE, pot_period_id, pence, cause, None, None, actor_user_id, None, reason, counts_from)
    account, before = open_account(entry, may_be_negative=True)
    if before is not None or pence == 0:
        return before
    how = ABOVE_ZERO if pence > 0 or may_overcommit else WITHIN_WHAT_IS_LEFT
    entry_id = post(entry, account, how) or find_entry(entry)
    if entry_id is None:
        raise BudgetError(
            f"{account.words} has less than that left. A cut of what is kept aside or spent already needs a second "
            "person to agree."
            if not may_overcommit
            else f"{account.words} cannot be cut below £0.00.",
            field="amount",
        )
    return entry_id


def reclaim(
    pot_period_id: int, pence: int, *, cause: str, actor_user_id: int | None, reason: str | None = None
) -> int | None:
    """Take back what is left of a pot, as after its period. 0p changes nothing.

    Never more than is left: raises BudgetError on `amount`. Raises CauseUsedDifferently, NotFound.
    """
    entry = Entry(EntryKind.RECLAIM, pot_period_id, pence, cause, None, None, actor_user_id, None, reason)
    account, before = open_account(entry)
    if before is not None or pence == 0:
        return before
    entry_id = post(entry, account, IF_LEFT) or find_entry(entry)
    if entry_id is None:
        raise BudgetError(f"{account.words} has less than that left. Enter what is left now, or less.", field="amount")
    return entry_id


def require_open(pot_period_id: int) -> None:
    """Whether the budget of a pot still takes new orders: asked again when what was kept aside for one is agreed to.

    Raises BudgetNotOpen when it was paused, has ended, or its period is over; NotFound.
    """
    probe = Entry(EntryKind.HOLD, pot_period_id, 0, "", None, None, None, None, None)
    account, _ = open_account(probe)
    _check_open(account, max(clock.today(), account.starts_on))


def _out_of_hold(entry: Entry) -> int | None:
    """RELEASE and SPEND: only what this very order still has kept aside, looked at under the pot's lock."""
    lock_account(entry.pot_period_id)
    account, before = open_account(entry)
    if before is not None or entry.pence == 0:
        return before
    if sum_of_order(entry, {EntryKind.HOLD: 1, EntryKind.RELEASE: -1, EntryKind.SPEND: -1}) < entry.pence:
        raise NotKeptAside
    entry_id = post(entry, account, IF_HELD)
    if entry_id is None:
        raise NotKeptAside
    return entry_id


def _check_open(account: Account, on: date) -> None:
    """Whether the budget takes new holds for a day. Raises BudgetNotOpen."""
    if account.died_on is not None:
        raise BudgetNotOpen(f"{account.person_name} has died, so nothing more can be ordered from {account.words}.")
    if account.state is BudgetState.SUSPENDED:
        raise BudgetNotOpen(
            f"{account.words} is paused for now. Support that is booked goes on. Ask {account.who_to_ask} why, or pay "
            "with your own money."
        )
    ended = min(account.ends_on, account.budget_ends_on)
    if account.state is BudgetState.ENDED or clock.today() > ended:
        when = f" on {day_words(ended)}" if clock.today() > ended else ""
        raise BudgetNotOpen(
            f"{account.words} ended{when}. Ask {account.who_to_ask} about a new budget, or pay with your own money."
        )
    if account.rail is Rail.ISF and account.holder_id is None:
        raise BudgetNotOpen(no_holder_words(account.words, account.who_to_ask))
    if not account.starts_on <= on <= ended:
        raise BudgetNotOpen(
            f"{account.words} is for {day_words(account.starts_on)} to {day_words(ended)}, and {day_words(on)} is "
            "outside that. Choose another day, or pay with your own money."
        )
