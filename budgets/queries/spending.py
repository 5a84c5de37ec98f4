"""Entries of spending as a council's own systems want them: whose, from which budget, for which order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from budgets.domain import EntryKind
from budgets.models import BudgetEntry, Person, PersonalBudget, Pot, PotPeriod
from marketplace.database import db
from marketplace.kernel.rails import Rail

_SPENDING = (EntryKind.SPEND, EntryKind.REFUND)


@dataclass(frozen=True)
class SpendingEntry:
    """Money spent from a budget, or given back to it (then below nothing), in pence."""

    id: int
    at: datetime
    pence: int
    person_reference: str | None
    budget_reference: str
    pot_name: str
    rail: Rail
    order_id: int | None


def list_spending_besides(council_id: int, known: Select[int], limit: int) -> list[SpendingEntry]:
    """The oldest entries of spending of a council whose ids are not among `known`, as far as they are committed."""
    return _list(_query().where(BudgetEntry.council_id == council_id, BudgetEntry.id.not_in(known)).limit(limit))


def _query() -> Any:
    return (
        select(
            BudgetEntry.id,
            BudgetEntry.at,
            BudgetEntry.pence,
            BudgetEntry.kind,
            Person.council_reference,
            PersonalBudget.reference,
            Pot.name,
            PersonalBudget.rail,
            BudgetEntry.order_id,
        )
        .join(PotPeriod, PotPeriod.id == BudgetEntry.pot_period_id)
        .join(Pot, Pot.id == PotPeriod.pot_id)
        .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
        .join(Person, Person.id == PersonalBudget.person_id)
        .where(BudgetEntry.kind.in_(_SPENDING))
        .order_by(BudgetEntry.id)
    )


def _list(query: Any) -> list[SpendingEntry]:
    return [
        SpendingEntry(id, at, pence if kind is EntryKind.SPEND else -pence, *rest)
        for id, at, pence, kind, *rest in db.session.execute(query)
    ]
