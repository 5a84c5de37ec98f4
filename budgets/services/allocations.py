"""Council finance agrees amounts for pots: every week, four weeks or year, from a day on, or once.

What that gives each period follows from the amounts alone (`budgets.domain.allocations`), and the budget book gets the
difference to what it had. More counts at once; as soon as one period would have less, a second person has to agree.
A period that is over is closed: nothing changes what was agreed for it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from budgets.commands import AgreeAmount, PayOnce
from budgets.constraints import named_constraints
from budgets.domain import BudgetState, RegularAmount
from budgets.domain.allocations import (
    ONE_DAY,
    Origin,
    agreed_between,
    cut_each_april,
    gaps,
    overlapping,
    sum_left,
)
from budgets.models import BudgetEntry, Person, PersonalBudget, Pot, PotAmount, PotPeriod
from budgets.queries.amounts import PeriodSums, periods_of, regular_amounts
from budgets.services import book
from budgets.words import day_words, regular_words
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound


@dataclass(frozen=True)
class OwnedPot:
    """A pot with whose it is."""

    id: int
    budget_id: int
    council_id: int
    person_id: int


def agree_amount(actor: Actor, command: AgreeAmount) -> int | None:
    """Agree a regular amount: entered at once it answers None; one that leaves a period with less waits: its id.

    Raises NotFound unless the actor works in finance of the budget's council, DomainError on the field to change.
    """
    with transaction(), named_constraints():
        pot = open_pot(actor, command.pot_id)
        return write_amount(pot, command, actor_user_id=actor.user_id)


def write_amount(pot: OwnedPot, command: AgreeAmount, *, actor_user_id: int | None) -> int | None:
    """The same in the open transaction of a caller that has judged who may."""
    periods = periods_of(pot.id)
    _check(command, regular_amounts([pot.id]).get(pot.id, []), periods)
    db.session.execute(
        update(PotAmount)
        .where(PotAmount.pot_id == pot.id, PotAmount.decided_at.is_(None), PotAmount.approved.is_(None))
        .values(decided_at=clock.now(), approved=False)
    )
    amount_id: int = db.session.execute(
        insert(PotAmount)
        .values(
            pot_id=pot.id,
            every=command.every,
            amount_pence=command.amount_pence,
            contribution_pence=command.contribution_pence,
            contribution_how=command.contribution_how,
            starts_on=command.starts_on,
            ends_on=command.ends_on,
            each_april=command.each_april,
            replaces=command.replaces,
            reason=command.reason.strip(),
            prepared_by_user_id=actor_user_id,
            prepared_at=clock.now(),
        )
        .returning(PotAmount.id)
    ).scalar_one()
    amount = db.session.get_one(PotAmount, amount_id)
    by_period: Counter[int] = Counter()
    for (pot_period_id, _), difference in _differences(amount, periods).items():
        by_period[pot_period_id] += difference
    waits = any(difference < 0 for difference in by_period.values())
    if not waits:
        amount.approved = True
        db.session.flush()
        _enter(pot, amount, actor_user_id=actor_user_id)
    _record("budget.prepare_amount" if waits else "budget.amount", pot, amount, actor_user_id)
    return amount_id if waits else None


def decide_amount(actor: Actor, amount_id: int, *, agree: bool) -> None:
    """A second person agrees to an amount that leaves a period with less, or sends it back; who prepared it may only
    take it back. Deciding the same again changes nothing. After the budget's end it can only be sent back.

    Raises NotFound, NotAllowed.
    """
    with transaction(), named_constraints():
        pot_id = db.session.scalar(select(PotAmount.pot_id).where(PotAmount.id == amount_id))
        if pot_id is None:
            raise NotFound
        pot = open_pot(actor, pot_id, or_ended=not agree)
        amount = db.session.get_one(PotAmount, amount_id, populate_existing=True)
        if amount.approved is not None:
            if amount.approved is agree:
                return
            raise NotAllowed("This was decided already. Look at the budget again to see where it stands.")
        if agree and amount.prepared_by_user_id == actor.user_id:
            raise NotAllowed("You prepared this, so a second person of the finance team has to agree to it.")
        over = _closed(periods_of(pot.id), amount.starts_on, amount.ends_on)
        if agree and over is not None:
            raise NotAllowed(f"The period until {day_words(over.ends_on)} ended meanwhile. Send this back.")
        amount.approved, amount.decided_at, amount.decided_by_user_id = agree, clock.now(), actor.user_id
        db.session.flush()
        if agree:
            _enter(pot, amount, actor_user_id=actor.user_id)
        _record("budget.amount" if agree else "budget.send_amount_back", pot, amount, actor.user_id)


def pay_once(actor: Actor, command: PayOnce) -> None:
    """A payment once, into the period of its day, counting from that day on; the same key again adds nothing.

    Raises NotFound for strangers, DomainError on the field to change and for a key that stands for another payment.
    """
    if command.pence <= 0:
        raise DomainError("Enter an amount above £0.00", field="once_pence")
    if not command.reason.strip():
        raise DomainError("Say what this payment is for", field="once_reason")
    with transaction(), named_constraints():
        pot = open_pot(actor, command.pot_id)
        period = next((p for p in periods_of(pot.id) if p.starts_on <= command.on <= p.ends_on), None)
        if period is None:
            raise DomainError(f"This pot has no period on {day_words(command.on)}.", field="once_on")
        if is_closed(period.ends_on):
            raise DomainError(_closed_words(period.ends_on), field="once_on")
        reason = command.reason.strip()
        cause = f"{Origin.ONE_OFF}:{pot.id}:{command.key}"
        later = command.on if command.on > clock.today() else None
        was_sent = _was_sent(cause, command.on, later)
        entry_id = book.allocate(
            period.id,
            command.pence,
            cause=cause,
            actor_user_id=actor.user_id,
            reason=f"One-off payment{f' on {day_words(later)}' if later else ''}: {reason}",
            counts_from=later,
        )
        if was_sent:
            return
        record(
            "budget.pay_once",
            "budget_entry",
            entry_id,
            actor_user_id=actor.user_id,
            person_id=pot.person_id,
            council_id=pot.council_id,
            reason=reason,
            pot_period_id=period.id,
            pence=command.pence,
            on=command.on.isoformat(),
        )


def _was_sent(cause: str, on: date, later: date | None) -> bool:
    """Whether this form was sent before. Raises DomainError when it was sent for another day."""
    before = db.session.execute(select(BudgetEntry.counts_from).where(BudgetEntry.cause == cause)).one_or_none()
    if before is None:
        return False
    if before.counts_from not in (later, on):
        raise DomainError(
            "This was sent before, for another day, and is entered. Open the page again for one more payment.",
            field="once_on",
        )
    return True


def is_closed(ends_on: date) -> bool:
    """Whether a period that ends on a day is over, so that nothing changes what was agreed for it."""
    return ends_on < clock.today()


def check_not_closed(ends_on: date) -> None:
    """Raises DomainError for a period that is over."""
    if is_closed(ends_on):
        raise DomainError(_closed_words(ends_on), field="amount")


def _closed_words(ends_on: date) -> str:
    return (
        f"That period ended on {day_words(ends_on)} and is closed. A change can count from "
        f"{day_words(ends_on + ONE_DAY)} at the earliest."
    )


def open_pot(actor: Actor, pot_id: int, *, or_ended: bool = False) -> OwnedPot:
    """A pot of a budget that goes on (`or_ended`: or not), locked until the commit.

    Raises NotFound for all but finance of its council, NotAllowed when nothing more is agreed for it.
    """
    row: Any = db.session.execute(
        select(Pot.id, Pot.budget_id, PersonalBudget.council_id, PersonalBudget.person_id, PersonalBudget.state)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .where(Pot.id == pot_id, PersonalBudget.council_id.in_(actor.council_ids(Role.COUNCIL_FINANCE)))
        .with_for_update(of=Pot)
    ).one_or_none()
    if row is None:
        raise NotFound
    if or_ended:
        return OwnedPot(*row[:4])
    if row.state is BudgetState.ENDED:
        raise NotAllowed("This budget has ended. Set up a new one instead.")
    if db.session.scalar(select(Person.died_on).where(Person.id == row.person_id)) is not None:
        raise NotAllowed("This person has died, so nothing more is agreed for them.")
    return OwnedPot(*row[:4])


def _check(command: AgreeAmount, regulars: list[RegularAmount], periods: list[PeriodSums]) -> None:
    if command.ends_on < command.starts_on:
        raise DomainError("The last day must be on or after the first day.", field="ends_on")
    if command.amount_pence < 0:
        raise DomainError("Enter an amount of £0.00 or more", field="amount")
    if not 0 <= command.contribution_pence <= command.amount_pence:
        raise DomainError("The contribution cannot be more than the amount.", field="contribution")
    if not command.reason.strip():
        raise DomainError("Say why, so that the next person knows", field="reason")
    if is_closed(command.ends_on):
        raise DomainError("These days are over. Enter a last day that is still to come.", field="ends_on")
    over = _closed(periods, command.starts_on, command.ends_on)
    if over is not None:
        raise DomainError(_closed_words(over.ends_on), field="starts_on")
    if command.replaces:
        return
    other = overlapping(regulars, command.starts_on, command.ends_on)
    if other is not None:
        raise DomainError(
            f"These days overlap {regular_words(other)}, agreed from {day_words(other.starts_on)} to "
            f"{day_words(other.ends_on)}. Choose other days, or say that this is in its place.",
            field="starts_on",
        )


def _closed(periods: list[PeriodSums], first: date, last: date) -> PeriodSums | None:
    """The last period that is over and holds one of these days."""
    held = [p for p in periods if is_closed(p.ends_on) and p.starts_on <= last and p.ends_on >= first]
    return held[-1] if held else None


def _differences(amount: PotAmount, periods: list[PeriodSums]) -> dict[tuple[int, Origin], int]:
    """What an amount changes in the book, by period and origin, as if it counted. Periods that are over stay.

    Where it stands in place of what was agreed, a sum for the whole period loses the days that it counts for.
    """
    candidate = RegularAmount(*(getattr(amount, name) for name in RegularAmount.__dataclass_fields__))
    before = [each for each in regular_amounts([amount.pot_id]).get(amount.pot_id, []) if each.id != amount.id]
    found: dict[tuple[int, Origin], int] = {}
    for period in periods:
        if is_closed(period.ends_on):
            continue
        agreed = agreed_between([*before, candidate], period.starts_on, period.ends_on).paid_in_pence
        found[period.id, Origin.REGULAR] = agreed - period.origins.get(Origin.REGULAR, 0)
        sum_pence, days = period.origins.get(Origin.SUM, 0), (period.starts_on, period.ends_on)
        if amount.replaces and sum_pence > 0:
            found[period.id, Origin.SUM] = sum_left(sum_pence, days, before, candidate) - sum_pence
    return found


def _enter(pot: OwnedPot, amount: PotAmount, *, actor_user_id: int | None) -> None:
    """Bring the book to what counts now: the periods that are missing, and the difference in each."""
    taken = [(period.starts_on, period.ends_on) for period in periods_of(pot.id)]
    for first, last in gaps(taken, amount.starts_on, amount.ends_on):
        cut = cut_each_april(first, last) if amount.each_april else [(first, last)]
        for begin, end in cut:
            db.session.add(PotPeriod(pot_id=pot.id, starts_on=begin, ends_on=end))
    budget = db.session.get_one(PersonalBudget, pot.budget_id, populate_existing=True)
    budget.starts_on = min(budget.starts_on, amount.starts_on)
    budget.ends_on = max(budget.ends_on, amount.ends_on)
    db.session.flush()
    changes = _differences(amount, periods_of(pot.id))
    for (pot_period_id, origin), pence in sorted(changes.items(), key=lambda each: (each[0][0], -each[1])):
        book.allocate(
            pot_period_id,
            pence,
            cause=f"{origin}:{amount.id}:{pot_period_id}",
            actor_user_id=actor_user_id,
            reason=f"{regular_words(amount)} from {day_words(amount.starts_on)}: {amount.reason}",
            may_overcommit=True,
        )


def _record(action: str, pot: OwnedPot, amount: PotAmount, actor_user_id: int | None) -> None:
    record(
        action,
        "pot_amount",
        amount.id,
        actor_user_id=actor_user_id,
        person_id=pot.person_id,
        council_id=pot.council_id,
        reason=amount.reason,
        pence=amount.amount_pence,
        every=amount.every.value,
        starts_on=amount.starts_on.isoformat(),
        ends_on=amount.ends_on.isoformat(),
    )
