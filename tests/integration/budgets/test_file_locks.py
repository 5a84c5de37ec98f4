"""A file of budgets and two workers, or a file and a hand, at once: what the lock is for, and what happens without."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, true, update

from budgets.models import BudgetLoad, Person, PotPeriod
from budgets.services import loads
from budgets.services.loads import confirming, work, writing
from marketplace.database import db, transaction
from tests.factories.accounts import UserFactory
from tests.integration.budgets.finance import Finance
from tests.integration.budgets.loading import HEADER, IDA
from tests.interleaved import WITH_AND_WITHOUT, Race, interleaved


@pytest.fixture
def database() -> str:
    return "postgresql"


def two_workers_with_one_file() -> Race:
    """Else its rows are taken by both, and it says that it has more than it has."""
    team = Finance()
    load_id = loads.prepare(team.one, team.council_id, "budgets.csv", (HEADER + IDA).encode())
    with transaction():
        confirming.begin(db.session.get_one(BudgetLoad, load_id), None)
    take = partial(work.take, load_id)
    done = select(BudgetLoad.rows_done, BudgetLoad.taken, BudgetLoad.unchanged, BudgetLoad.refused)
    return Race("budget_loads", take, take, lambda _: tuple(db.session.execute(done).one()) == (1, 1, 0, 0))


def an_amount_changed_while_a_file_says_another() -> Race:
    """Else both differences are added to what was agreed before."""
    team = Finance()
    _, period_id = team.set_up()
    head = "reference,person_reference,name,rail,amount,starts_on,ends_on,pot\n"
    period = db.session.get_one(PotPeriod, period_id)
    row = f"B1,P1,Ida Cole,council_managed,5300.00,{period.starts_on},{period.ends_on},Respite\n"
    return Race(
        "pot_periods",
        partial(loads.import_file, team.council_id, (head + row).encode()),
        partial(team.change, period_id, 600_000),
        lambda _: db.session.scalar(select(PotPeriod.allocated_pence)) in (530_000, 600_000),
    )


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize("race", [two_workers_with_one_file, an_amount_changed_while_a_file_says_another])
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock a row is left out or counts twice: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked


@pytest.mark.parametrize("looks", [True, False])
def test_a_name_from_a_file_is_not_given_to_somebody_who_signs_in_by_now(
    app: Flask, monkeypatch: pytest.MonkeyPatch, looks: bool
) -> None:
    """The row was judged when they did not; without the look in the same statement the name they chose is lost."""
    team, head = Finance(), "reference,person_reference,name,rail,amount,starts_on,ends_on,pot\n"
    _, period_id = team.set_up()
    period = db.session.get_one(PotPeriod, period_id)
    row = f"B1,P1,Ida Moss,council_managed,5200.00,{period.starts_on},{period.ends_on},Respite\n"
    if not looks:
        monkeypatch.setattr(writing, "_WITHOUT_ACCOUNT", true())

    def gets_an_account() -> None:
        with transaction():
            db.session.execute(update(Person).values(user_id=UserFactory().id, name="Ida Cole-Moss"))

    take = partial(loads.import_file, team.council_id, (head + row).encode())
    interleaved(app, take, gets_an_account, "budget_loads", before="UPDATE people")
    assert db.session.scalars(select(Person.name)).one() == ("Ida Cole-Moss" if looks else "Ida Moss")
