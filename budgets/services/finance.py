"""Council finance sets budgets up and changes them. More money counts at once; a cut waits for a second person."""

from datetime import date

from sqlalchemy import insert, select, update

from budgets.commands import AgreeAmount, ChangeAllocation, ChangeHolder, SetUpBudget
from budgets.constraints import named_constraints
from budgets.domain import BudgetState, Every, Funder
from budgets.models import AllocationChange, PersonalBudget, Pot, PotPeriod
from budgets.queries.holders import find_isf_holder
from budgets.services import book
from budgets.services.allocations import OwnedPot, check_not_closed, open_pot, write_amount
from budgets.services.people_of_council import person_for
from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.rails import BUDGET_RAILS, Rail

LONGEST_DAYS = 3_653
_NO_SUCH_HOLDER = "There is no organisation of that name here. Enter its name as it stands on the site."


def set_up_budget(actor: Actor, command: SetUpBudget) -> int:
    """A new budget with one pot and one period, and its money allocated; answers the budget's id.

    The person is the one whom the council knows under `person_reference`; else the person of the account
    `account_email`; else a new one. Raises NotFound unless the actor works in finance of that council, DomainError on
    the field that has to change.
    """
    _check_finance(actor, command.council_id)
    check_budget(command)
    if command.ends_on < clock.today():
        raise DomainError("These days are over. Enter a last day that is still to come.", field="ends_on")
    with transaction(), named_constraints():
        person_id = person_for(actor, command)
        return write_budget(command, person_id, actor_user_id=actor.user_id, reason="Set up by council finance")


def check_budget(command: SetUpBudget) -> None:
    """What has to be right of any budget before it is written. Raises DomainError on the field that has to change."""
    if not command.reference.strip():
        raise DomainError("Enter the reference of the budget", field="reference")
    if not command.person_name.strip():
        raise DomainError("Enter the person’s name", field="person_name")
    if command.rail not in BUDGET_RAILS:
        raise DomainError("Choose how the budget is paid", field="rail")
    if not 0 <= (command.ends_on - command.starts_on).days <= LONGEST_DAYS:
        raise DomainError("The last day must be on or after the first day, within ten years of it.", field="ends_on")
    if command.amount_pence <= 0:
        raise DomainError("Enter an amount above £0.00", field="amount")
    if command.funder is Funder.NHS and command.rail is Rail.COUNCIL_MANAGED:
        raise DomainError(
            "The council settles only its own money. NHS money is a direct payment, or held by an organisation.",
            field="rail",
        )
    if not 0 <= command.contribution_pence <= command.amount_pence:
        raise DomainError("The contribution cannot be more than the amount.", field="contribution")
    if command.contribution_pence and command.every is None:
        raise DomainError("A contribution belongs to a regular amount: say how often it is paid", field="every")
    if command.isf_holder and find_isf_holder(command.isf_holder) is None:
        raise DomainError(_NO_SUCH_HOLDER, field="isf_holder")


def write_budget(
    command: SetUpBudget, person_id: int, *, actor_user_id: int | None, reason: str, cause: str | None = None
) -> int:
    """The rows of a new budget, in the open transaction, for a caller that has judged it."""
    budget_id: int = db.session.execute(
        insert(PersonalBudget)
        .values(
            person_id=person_id,
            council_id=command.council_id,
            funder=command.funder,
            rail=command.rail,
            reference=command.reference.strip(),
            state=BudgetState.ACTIVE,
            starts_on=command.starts_on,
            ends_on=command.ends_on,
            review_on=command.review_on,
            isf_holder_organisation_id=find_isf_holder(command.isf_holder) if command.isf_holder else None,
            created_at=clock.now(),
        )
        .returning(PersonalBudget.id)
    ).scalar_one()
    pot_period_id = None
    if command.every is not None:
        _write_regular(budget_id, command, command.every, person_id, actor_user_id=actor_user_id, reason=reason)
    else:
        pot_period_id = write_pot(
            budget_id,
            command.pot,
            command.starts_on,
            command.ends_on,
            command.amount_pence,
            actor_user_id=actor_user_id,
            reason=reason,
            cause=cause or f"set-up:{budget_id}",
        )
    record(
        "budget.set_up",
        "budget",
        budget_id,
        actor_user_id=actor_user_id,
        person_id=person_id,
        council_id=command.council_id,
        pot_period_id=pot_period_id,
        pence=command.amount_pence,
        rail=command.rail.value,
    )
    return budget_id


def _write_regular(
    budget_id: int, command: SetUpBudget, every: Every, person_id: int, *, actor_user_id: int | None, reason: str
) -> None:
    """The pot of a new budget with an amount for every week, four weeks or year."""
    pot_id: int = db.session.execute(
        insert(Pot).values(budget_id=budget_id, name=command.pot).returning(Pot.id)
    ).scalar_one()
    write_amount(
        OwnedPot(pot_id, budget_id, command.council_id, person_id),
        AgreeAmount(
            pot_id,
            every,
            command.amount_pence,
            command.starts_on,
            command.ends_on,
            reason,
            command.contribution_pence,
            command.contribution_how,
            each_april=command.each_april,
        ),
        actor_user_id=actor_user_id,
    )


def write_pot(
    budget_id: int,
    name: str,
    starts_on: date,
    ends_on: date,
    pence: int,
    *,
    actor_user_id: int | None,
    reason: str,
    cause: str,
) -> int:
    """A pot (the one of that name, if there is) with a new period and its money, in the open transaction."""
    pot_id = db.session.scalar(select(Pot.id).where(Pot.budget_id == budget_id, Pot.name == name))
    if pot_id is None:
        pot_id = db.session.execute(insert(Pot).values(budget_id=budget_id, name=name).returning(Pot.id)).scalar_one()
    pot_period_id: int = db.session.execute(
        insert(PotPeriod).values(pot_id=pot_id, starts_on=starts_on, ends_on=ends_on).returning(PotPeriod.id)
    ).scalar_one()
    book.allocate(pot_period_id, pence, cause=cause, actor_user_id=actor_user_id, reason=reason)
    return pot_period_id


def change_allocation(actor: Actor, command: ChangeAllocation) -> int | None:
    """A new amount for a pot: an increase is entered at once and answers None; a cut waits and answers its id.

    Raises NotFound unless the actor works in finance of the budget's council, DomainError on the field to change.
    """
    if not command.reason.strip():
        raise DomainError("Say why the amount changes", field="reason")
    if command.new_amount_pence < 0:
        raise DomainError("Enter an amount of £0.00 or more", field="amount")
    with transaction(), named_constraints():
        pot = _open_pot_of(actor, command.pot_period_id)
        return change_in_transaction(
            command.pot_period_id,
            command.new_amount_pence,
            reason=command.reason.strip(),
            actor_user_id=actor.user_id,
            council_id=pot.council_id,
            person_id=pot.person_id,
        )


def _open_pot_of(actor: Actor, pot_period_id: int) -> OwnedPot:
    """The pot of a period that is not over, in a budget that goes on. Raises NotFound, NotAllowed, DomainError."""
    row = db.session.execute(
        select(PotPeriod.pot_id, PotPeriod.ends_on).where(PotPeriod.id == pot_period_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    pot = open_pot(actor, row.pot_id)
    check_not_closed(row.ends_on)
    return pot


def change_in_transaction(
    pot_period_id: int,
    new_amount_pence: int,
    *,
    reason: str,
    actor_user_id: int | None,
    council_id: int,
    person_id: int,
) -> int | None:
    """The same inside the open transaction of a caller that has judged it. A cut replaces one that waits already."""
    now_pence = db.session.execute(
        select(PotPeriod.allocated_pence).where(PotPeriod.id == pot_period_id).with_for_update()
    ).scalar_one()
    difference = new_amount_pence - now_pence
    _withdraw_waiting(pot_period_id)
    if difference == 0:
        return None
    details = {"pot_period_id": pot_period_id, "pence": difference}
    if difference > 0:
        entry_id = book.allocate(
            pot_period_id, difference, cause=f"change:{new_id()}", actor_user_id=actor_user_id, reason=reason
        )
        record(
            "budget.increase",
            "budget_entry",
            entry_id,
            actor_user_id=actor_user_id,
            person_id=person_id,
            council_id=council_id,
            reason=reason,
            **details,
        )
        return None
    change_id: int = db.session.execute(
        insert(AllocationChange)
        .values(
            pot_period_id=pot_period_id,
            pence=difference,
            reason=reason,
            prepared_by_user_id=actor_user_id,
            prepared_at=clock.now(),
        )
        .returning(AllocationChange.id)
    ).scalar_one()
    record(
        "budget.prepare_cut",
        "allocation_change",
        change_id,
        actor_user_id=actor_user_id,
        person_id=person_id,
        council_id=council_id,
        reason=reason,
        **details,
    )
    return change_id


def _withdraw_waiting(pot_period_id: int) -> None:
    """A newer amount stands in place of a cut that nobody decided."""
    db.session.execute(
        update(AllocationChange)
        .where(AllocationChange.pot_period_id == pot_period_id, AllocationChange.decided_at.is_(None))
        .values(decided_at=clock.now(), approved=False)
    )


def decide_change(actor: Actor, change_id: int, *, agree: bool) -> None:
    """A second person of council finance agrees to a cut, which then counts, or sends it back; the preparer may only
    take it back. Deciding the same again changes nothing. A cut whose period or budget ended while it waited can only
    be sent back. Raises NotFound, NotAllowed, DomainError.
    """
    with transaction(), named_constraints():
        change = db.session.execute(
            select(AllocationChange)
            .where(AllocationChange.id == change_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if change is None:
            raise NotFound
        council_id, person_id, _ = _owner(change.pot_period_id)
        _check_finance(actor, council_id)
        if change.decided_at is not None:
            if change.approved is agree:
                return
            raise NotAllowed("This change was decided already. Look at the budget again to see where it stands.")
        if agree and change.prepared_by_user_id == actor.user_id:
            raise NotAllowed("You prepared this cut, so a second person of the finance team has to agree to it.")
        if agree:
            _open_pot_of(actor, change.pot_period_id)
        change.decided_by_user_id, change.decided_at, change.approved = actor.user_id, clock.now(), agree
        db.session.flush()
        if agree:
            book.allocate(
                change.pot_period_id,
                change.pence,
                cause=f"cut:{change.id}",
                actor_user_id=actor.user_id,
                reason=change.reason,
                may_overcommit=True,
            )
        record(
            "budget.cut" if agree else "budget.send_cut_back",
            "allocation_change",
            change.id,
            actor_user_id=actor.user_id,
            person_id=person_id,
            council_id=council_id,
            reason=change.reason,
            pot_period_id=change.pot_period_id,
            pence=change.pence,
        )


def set_state(actor: Actor, budget_id: int, state: BudgetState, *, reason: str) -> None:
    """Pause a budget, let it go on, or end it for good. What is booked goes on. The same again changes nothing.

    Raises NotFound unless the actor works in its council's finance, NotAllowed once it ended, DomainError on `reason`.
    """
    row = db.session.execute(
        select(PersonalBudget.council_id, PersonalBudget.person_id).where(PersonalBudget.id == budget_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    _check_finance(actor, row.council_id)
    if not reason.strip():
        raise DomainError("Say why, so that the next person knows", field="reason")
    with transaction():
        now = db.session.scalar(select(PersonalBudget.state).where(PersonalBudget.id == budget_id).with_for_update())
        if now is state:
            return
        if now is BudgetState.ENDED:
            raise NotAllowed("This budget has ended. Set up a new one instead.")
        db.session.execute(update(PersonalBudget).where(PersonalBudget.id == budget_id).values(state=state))
        record(
            f"budget.{state.value}",
            "budget",
            budget_id,
            actor_user_id=actor.user_id,
            person_id=row.person_id,
            council_id=row.council_id,
            reason=reason.strip(),
        )


def change_holder(actor: Actor, command: ChangeHolder) -> None:
    """Another organisation holds an individual service fund: it pays for what is ordered from now on.

    What was ordered before stays with the holder of that day, who has the money for it. The same holder again changes
    nothing. Raises NotFound unless the actor works in finance of the budget's council, NotAllowed for another kind of
    budget or one that has ended, DomainError on the field that has to change.
    """
    council_id = db.session.scalar(select(PersonalBudget.council_id).where(PersonalBudget.id == command.budget_id))
    if council_id is None:
        raise NotFound
    _check_finance(actor, council_id)
    if not command.reason.strip():
        raise DomainError("Say why, so that the next person knows", field="reason")
    holder_id = find_isf_holder(command.holder)
    if holder_id is None:
        raise DomainError(_NO_SUCH_HOLDER, field="holder")
    with transaction():
        budget = db.session.execute(
            select(PersonalBudget)
            .where(PersonalBudget.id == command.budget_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one()
        if budget.rail is not Rail.ISF:
            raise NotAllowed("Only an individual service fund is held by an organisation.")
        if budget.state is BudgetState.ENDED:
            raise NotAllowed("This budget has ended. Set up a new one instead.")
        before = budget.isf_holder_organisation_id
        if before == holder_id:
            return
        budget.isf_holder_organisation_id = holder_id
        record(
            "budget.holder",
            "budget",
            budget.id,
            actor_user_id=actor.user_id,
            person_id=budget.person_id,
            council_id=council_id,
            organisation_id=holder_id,
            reason=command.reason.strip(),
            before_organisation_id=before,
        )


def _check_finance(actor: Actor, council_id: int) -> None:
    if council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound


def _owner(pot_period_id: int) -> tuple[int, int, int]:
    """Council, person and budget of a pot's period. Raises NotFound."""
    row = db.session.execute(
        select(PersonalBudget.council_id, PersonalBudget.person_id, PersonalBudget.id)
        .join(Pot, Pot.budget_id == PersonalBudget.id)
        .join(PotPeriod, PotPeriod.pot_id == Pot.id)
        .where(PotPeriod.id == pot_period_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row.council_id, row.person_id, row.id
