"""What is left at a period's end: what may be kept goes on or stays, more than that is warned of before a reclaim.

A reclaim is prepared by one person of council finance and agreed by another, after the time of the warning, and takes
never more than is left.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from budgets.constraints import named_constraints
from budgets.domain import EntryKind, MandateAction
from budgets.domain.allocations import Origin
from budgets.domain.surplus import may_keep
from budgets.models import BudgetEntry, PersonalBudget, Pot, PotPeriod, Surplus, SurplusRule
from budgets.queries.access import get_access
from budgets.queries.amounts import origin
from budgets.queries.book import balance
from budgets.queries.surplus import due_periods, get_surplus, rule_of
from budgets.services import book
from budgets.services.letters import tell_about_money
from budgets.words import day_words, pot_words
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.money import format_pounds

AT_ONCE = 200  # periods in one run of the job; the next run takes the rest


def look_at_ended_periods() -> int:
    """Carry over what goes on, and warn of what is more than may be kept. Answers how many periods were looked at."""
    due = due_periods(AT_ONCE)
    for pot_period_id in due:
        with transaction():
            _look_at(pot_period_id)
    return len(due)


def _look_at(pot_period_id: int) -> None:
    period = db.session.execute(
        select(PotPeriod)
        .where(PotPeriod.id == pot_period_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if period.surplus_looked_at is not None:
        return
    period.surplus_looked_at = clock.now()
    db.session.flush()
    found = balance(pot_period_id)
    rule = rule_of(found.council_id)
    keep = min(
        may_keep(_agreed(pot_period_id), found.starts_on, found.ends_on, rule.weeks_kept), max(0, found.left_pence)
    )
    rest = found.left_pence - keep
    carried = _carry_over(pot_period_id, keep)
    if rest > 0:
        _warn(pot_period_id, keep - carried, rule.notice_days)


def _agreed(pot_period_id: int) -> int:
    """What was agreed for a period, without what came over from the one before."""
    return int(
        db.session.scalar(
            select(func.sum(BudgetEntry.pence)).where(
                BudgetEntry.pot_period_id == pot_period_id,
                BudgetEntry.kind == EntryKind.ALLOCATE,
                origin != Origin.CARRIED.value,
            )
        )
        or 0
    )


def _carry_over(pot_period_id: int, pence: int) -> int:
    """Move what may be kept into the pot's next period, where the pot rolls over and there is one; answers how much."""
    row: Any = db.session.execute(
        select(Pot.id, Pot.rolls_over, PotPeriod.ends_on)
        .join(PotPeriod, PotPeriod.pot_id == Pot.id)
        .where(PotPeriod.id == pot_period_id)
    ).one()
    into: Any = db.session.execute(
        select(PotPeriod.id, PotPeriod.starts_on)
        .where(PotPeriod.pot_id == row.id, PotPeriod.starts_on > row.ends_on, PotPeriod.ends_on >= clock.today())
        .order_by(PotPeriod.starts_on)
        .limit(1)
    ).one_or_none()
    if not row.rolls_over or into is None or pence <= 0:
        return 0
    for period_id, amount, way, words in (
        (pot_period_id, -pence, "out", f"Goes on into the period from {day_words(into.starts_on)}"),
        (into.id, pence, "in", f"Left from the period until {day_words(row.ends_on)}"),
    ):
        book.allocate(
            period_id, amount, cause=f"{Origin.CARRIED}:{pot_period_id}:{way}", actor_user_id=None, reason=words
        )
    return pence


def _warn(pot_period_id: int, kept_pence: int, notice_days: int) -> None:
    found = balance(pot_period_id)
    not_before = clock.today() + timedelta(days=notice_days)
    surplus_id: int = db.session.execute(
        insert(Surplus)
        .values(
            pot_period_id=pot_period_id,
            council_id=found.council_id,
            left_pence=found.left_pence,
            kept_pence=kept_pence,
            warned_at=clock.now(),
            not_before=not_before,
        )
        .returning(Surplus.id)
    ).scalar_one()
    record(
        "budget.surplus",
        "surplus",
        surplus_id,
        actor_user_id=None,
        person_id=found.person_id,
        council_id=found.council_id,
        reason="The period has ended",
        pence=found.left_pence - kept_pence,
    )
    words = pot_words(found.person_name, found.pot_name)
    above = format_pounds(found.left_pence - kept_pence)
    tell_about_money(
        found.person_id,
        f"{above} of {words} is more than may be kept",
        f"{words} for {day_words(found.starts_on)} to {day_words(found.ends_on)} has ended with "
        f"{format_pounds(found.left_pence)} left. {format_pounds(kept_pence)} of that may be kept.\n\n"
        f"The council may take back the other {above}, but not before {day_words(not_before)}.\n\n"
        "If it is being saved for something, or there was a reason why it was not used, say so. The council reads it "
        "before it decides.",
        f"/budgets/surplus/{surplus_id}",
    )


def say_saving(actor: Actor, surplus_id: int, words: str) -> None:
    """The person, or who may order for them, says what is being saved for. Raises NotFound for strangers, NotAllowed
    once it is decided, DomainError for nothing said.
    """
    line = get_surplus(surplus_id)
    access = get_access(actor, line.person_id, MandateAction.ORDER)
    if not words.strip():
        raise DomainError("Say what the money is being saved for, or why it was not used", field="saving_for")
    with transaction():
        surplus = _locked(surplus_id)
        if surplus.decided_at is not None:
            raise NotAllowed("The council has decided this already.")
        surplus.saving_for, surplus.saving_said_at = words.strip(), clock.now()
        surplus.saving_said_by_user_id = actor.user_id
        record(
            "budget.saving_for",
            "surplus",
            surplus_id,
            actor_user_id=actor.user_id,
            person_id=line.person_id,
            council_id=line.council_id,
            mandate_id=access.mandate.id if access.mandate else None,
        )


def prepare_reclaim(actor: Actor, surplus_id: int, pence: int, *, reason: str) -> None:
    """Council finance proposes to take back what is left above what may be kept, or less; a second person agrees.

    Raises NotFound for strangers, NotAllowed before the time of the warning is over, DomainError on the field.
    """
    with transaction(), named_constraints():
        surplus = _owned(actor, surplus_id)
        if clock.today() < surplus.not_before:
            raise NotAllowed(f"The person was told that nothing is taken back before {day_words(surplus.not_before)}.")
        if not reason.strip():
            raise DomainError("Say why, so that the next person knows", field="reason")
        above = max(balance(surplus.pot_period_id).left_pence - surplus.kept_pence, 0)
        if not 0 < pence <= above:
            raise DomainError(
                f"{format_pounds(above)} is left above what may be kept. Enter that or less.", field="pence"
            )
        surplus.reclaim_pence, surplus.reason = pence, reason.strip()
        surplus.prepared_by_user_id, surplus.prepared_at = actor.user_id, clock.now()
        _record("budget.prepare_reclaim", actor, surplus, pence)


def decide_reclaim(actor: Actor, surplus_id: int, *, agree: bool) -> None:
    """A second person agrees to a reclaim, which is then entered, or sends it back to be prepared anew.

    Raises NotFound, NotAllowed for who prepared it, BudgetError when less is left by now.
    """
    with transaction(), named_constraints():
        surplus = _owned(actor, surplus_id)
        if surplus.reclaim_pence is None:
            raise NotAllowed("Nobody has prepared a reclaim of this. Look at it again to see where it stands.")
        pence = surplus.reclaim_pence
        if not agree:
            surplus.reclaim_pence = surplus.prepared_by_user_id = surplus.prepared_at = None
            _record("budget.send_reclaim_back", actor, surplus, pence)
            return
        if surplus.prepared_by_user_id == actor.user_id:
            raise NotAllowed("You prepared this, so a second person of the finance team has to agree to it.")
        surplus.reclaimed, surplus.decided_at, surplus.decided_by_user_id = True, clock.now(), actor.user_id
        db.session.flush()
        book.reclaim(
            surplus.pot_period_id,
            pence,
            cause=f"reclaim:{surplus.id}",
            actor_user_id=actor.user_id,
            reason=surplus.reason,
        )
        _record("budget.reclaim", actor, surplus, pence)
        _tell(surplus, f"The council took back {format_pounds(pence)}", f"Why: {surplus.reason}")


def let_keep(actor: Actor, surplus_id: int, *, reason: str) -> None:
    """Council finance leaves what is left where it is. Raises NotFound for strangers, DomainError without a reason."""
    with transaction(), named_constraints():
        surplus = _owned(actor, surplus_id)
        if not reason.strip():
            raise DomainError("Say why, so that the next person knows", field="reason")
        surplus.reclaimed, surplus.decided_at, surplus.decided_by_user_id = False, clock.now(), actor.user_id
        surplus.reason, surplus.reclaim_pence = reason.strip(), None
        _record("budget.let_keep", actor, surplus, 0)
        _tell(surplus, "The council takes nothing back", f"Why: {surplus.reason}")


def propose_rule(actor: Actor, council_id: int, *, weeks_kept: int, notice_days: int) -> int:
    """A council's own rule, which counts when a second person agrees; answers its id. A newer one replaces it.

    Raises NotFound for anybody but finance of the council.
    """
    if council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    with transaction(), named_constraints():
        db.session.execute(
            update(SurplusRule)
            .where(SurplusRule.council_id == council_id, SurplusRule.approved.is_(None))
            .values(approved=False, decided_at=clock.now())
        )
        rule_id: int = db.session.execute(
            insert(SurplusRule)
            .values(
                council_id=council_id,
                weeks_kept=weeks_kept,
                notice_days=notice_days,
                prepared_by_user_id=actor.user_id,
                prepared_at=clock.now(),
            )
            .returning(SurplusRule.id)
        ).scalar_one()
        record(
            "budget.propose_surplus_rule",
            "surplus_rule",
            rule_id,
            actor_user_id=actor.user_id,
            council_id=council_id,
            weeks_kept=weeks_kept,
            notice_days=notice_days,
        )
        return rule_id


def decide_rule(actor: Actor, rule_id: int, *, agree: bool) -> None:
    """A second person agrees to a rule, or sends it back. Raises NotFound, NotAllowed for who prepared it."""
    with transaction(), named_constraints():
        rule = db.session.execute(
            select(SurplusRule)
            .where(SurplusRule.id == rule_id, SurplusRule.council_id.in_(actor.council_ids(Role.COUNCIL_FINANCE)))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if rule is None:
            raise NotFound
        if rule.approved is not None:
            if rule.approved is agree:
                return
            raise NotAllowed("This was decided already.")
        if agree and rule.prepared_by_user_id == actor.user_id:
            raise NotAllowed("You prepared this, so a second person of the finance team has to agree to it.")
        rule.approved, rule.decided_at, rule.decided_by_user_id = agree, clock.now(), actor.user_id
        db.session.flush()
        record(
            "budget.surplus_rule" if agree else "budget.send_surplus_rule_back",
            "surplus_rule",
            rule.id,
            actor_user_id=actor.user_id,
            council_id=rule.council_id,
        )


def _locked(surplus_id: int) -> Surplus:
    return db.session.execute(
        select(Surplus).where(Surplus.id == surplus_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()


def _owned(actor: Actor, surplus_id: int) -> Surplus:
    """A surplus of the actor's council that nobody decided, locked. Raises NotFound, NotAllowed."""
    council_id = db.session.scalar(select(Surplus.council_id).where(Surplus.id == surplus_id))
    if council_id is None or council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    surplus = _locked(surplus_id)
    if surplus.decided_at is not None:
        raise NotAllowed("This was decided already. Look at the budget again to see where it stands.")
    return surplus


def _person_id(surplus: Surplus) -> int:
    return int(
        db.session.scalars(
            select(PersonalBudget.person_id)
            .join(Pot, Pot.budget_id == PersonalBudget.id)
            .join(PotPeriod, PotPeriod.pot_id == Pot.id)
            .where(PotPeriod.id == surplus.pot_period_id)
        ).one()
    )


def _tell(surplus: Surplus, what: str, why: str) -> None:
    found = balance(surplus.pot_period_id)
    tell_about_money(
        found.person_id,
        f"{what} of {pot_words(found.person_name, found.pot_name)}",
        f"{what} of {pot_words(found.person_name, found.pot_name)} for {day_words(found.starts_on)} to "
        f"{day_words(found.ends_on)}.\n\n{why}\n\n"
        "If you think that is wrong, tell the council. It has to look at it again and answer you.",
        f"/budgets/{found.person_id}",
    )


def _record(action: str, actor: Actor, surplus: Surplus, pence: int) -> None:
    db.session.flush()
    record(
        action,
        "surplus",
        surplus.id,
        actor_user_id=actor.user_id,
        person_id=_person_id(surplus),
        council_id=surplus.council_id,
        reason=surplus.reason,
        pence=pence,
    )
