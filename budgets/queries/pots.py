"""Which pots could pay on a day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import bindparam, case, select

from budgets.domain import BudgetState, PotChoice
from budgets.models import Person, PersonalBudget, Pot, PotPeriod
from budgets.queries.rails import holder_on, next_change_after, rail_on
from budgets.words import pot_words
from marketplace.database import db, send, table_of
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail

_periods, _pots, _budgets, _people = table_of(PotPeriod), table_of(Pot), table_of(PersonalBudget), table_of(Person)
_day = case((_periods.c.starts_on > bindparam("on"), _periods.c.starts_on), else_=bindparam("on"))
_rail = rail_on(_pots.c.id, _budgets.c.rail, _day)
_CHOICES = (
    select(
        _periods.c.id,
        _pots.c.id.label("pot_id"),
        _budgets.c.id.label("budget_id"),
        _budgets.c.person_id,
        _budgets.c.council_id,
        _rail.label("rail"),
        _pots.c.name,
        (
            _periods.c.allocated_pence
            - _periods.c.reclaimed_pence
            - _periods.c.held_pence
            - _periods.c.spent_pence
            + _periods.c.refunded_pence
        ).label("available_pence"),
        _periods.c.starts_on,
        _periods.c.ends_on,
        holder_on(_pots.c.id, _budgets.c.isf_holder_organisation_id, _day).label("isf_holder_organisation_id"),
        _budgets.c.review_on,
        _people.c.name.label("person_name"),
        _pots.c.categories,
        _pots.c.outside,
        next_change_after(_pots.c.id, _day).label("changes_on"),
    )
    .join(_pots, _pots.c.id == _periods.c.pot_id)
    .join(_budgets, _budgets.c.id == _pots.c.budget_id)
    .join(_people, _people.c.id == _budgets.c.person_id)
)
_ON_A_DAY = _CHOICES.where(
    _budgets.c.person_id == bindparam("person_id"),
    _budgets.c.state == BudgetState.ACTIVE,
    _rail.in_(bindparam("rails", expanding=True)),
    _periods.c.starts_on <= bindparam("until"),
    _periods.c.ends_on >= bindparam("on"),
    _periods.c.ends_on >= bindparam("today"),
    _budgets.c.ends_on >= bindparam("on"),
    _budgets.c.ends_on >= bindparam("today"),
).order_by(_rail, _periods.c.ends_on, _pots.c.name, _periods.c.id)
_OF_PEOPLE = _CHOICES.where(
    _budgets.c.person_id.in_(bindparam("person_ids", expanding=True)),
    _budgets.c.state == BudgetState.ACTIVE,
    _periods.c.starts_on <= bindparam("last"),
    _periods.c.ends_on >= bindparam("first"),
    _periods.c.ends_on >= bindparam("today"),
    _budgets.c.ends_on >= bindparam("first"),
    _budgets.c.ends_on >= bindparam("today"),
).order_by(_rail, _periods.c.ends_on, _pots.c.name, _periods.c.id)
_ONE = _CHOICES.where(_periods.c.id == bindparam("pot_period_id"))


def _choice(row: Any) -> PotChoice:
    return PotChoice(
        pot_period_id=row.id,
        pot_id=row.pot_id,
        budget_id=row.budget_id,
        person_id=row.person_id,
        council_id=row.council_id,
        rail=row.rail,
        pot_name=row.name,
        available_pence=row.available_pence,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        payer_organisation_id=row.isf_holder_organisation_id,
        review_on=row.review_on,
        words=pot_words(row.person_name, row.name),
        categories=None if row.categories is None else tuple(row.categories),
        outside=row.outside,
        changes_on=row.changes_on,
    )


def list_pot_choices(
    person_id: int, on: date, rail: Rail | None = None, *, until: date | None = None
) -> list[PotChoice]:
    """Pots of active budgets whose period holds `on` and has not ended, also those with nothing left.

    With `until`, every period that holds a day from `on` to then. By way of paying, then by the end of the period, so
    that money that ends sooner comes first, then by name.
    """
    rails = (rail,) if rail is not None else tuple(Rail)
    parameters = {"person_id": person_id, "rails": rails, "on": on, "until": until or on, "today": clock.today()}
    return [_choice(row) for row in send(_ON_A_DAY, parameters)]


def pot_choices_of(person_ids: Iterable[int], first: date, last: date | None = None) -> dict[int, list[PotChoice]]:
    """As `list_pot_choices` for some day from `first` to `last`, by person, in one query: for a list of many people."""
    found: dict[int, list[PotChoice]] = {person_id: [] for person_id in person_ids}
    if found:
        parameters = {
            "person_ids": list(found),
            "first": first,
            "last": last or first,
            "on": first,
            "today": clock.today(),
        }
        for row in send(_OF_PEOPLE, parameters):
            found[row.person_id].append(_choice(row))
    return found


def get_pot_choice(pot_period_id: int) -> PotChoice:
    """One pot and period, whether or not it could pay today. Raises NotFound."""
    row = send(_ONE, {"pot_period_id": pot_period_id, "on": clock.today()}).one_or_none()
    if row is None:
        raise NotFound
    return _choice(row)


def pots_of_periods(pot_period_ids: Iterable[int]) -> dict[int, int]:
    """The pot of each period, in one query."""
    wanted = set(pot_period_ids)
    if not wanted:
        return {}
    rows = db.session.execute(select(PotPeriod.id, PotPeriod.pot_id).where(PotPeriod.id.in_(wanted)))
    return {row.id: row.pot_id for row in rows}
