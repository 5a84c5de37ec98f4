"""Two acts on what a person is called and where they live: what the lock between them is for, and what is without."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.engine import Connection

from budgets.commands import WhereYouLive
from budgets.services import homes, safeguarding
from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import profile
from marketplace.database import db, transaction
from tests.factories.accounts import OrganisationFactory, user_with_role
from tests.integration.budgets.test_locks import acts
from tests.integration.budgets.test_where_you_live import ELSEWHERE, Mover
from tests.interleaved import WITH_AND_WITHOUT, Race, interleaved
from tests.races import errors


@pytest.fixture
def database() -> str:
    return "postgresql"


def rename(mover: Mover, name: str) -> Callable[[], None]:
    return lambda: profile.change_name(mover.user_id, name=name, phone=None)


def move(mover: Mover) -> Callable[[], None]:
    return lambda: homes.say_where(mover.actor, WhereYouLive(ELSEWHERE, "7 Teasel Bank", agreed_to=ELSEWHERE))


def a_name_changed_while_it_is_changed_back() -> Race:
    """Else the account has the one name, and the person the other."""
    mover = Mover()

    def one_name(_said: list[object]) -> bool:
        return db.session.scalar(select(User.name).where(User.id == mover.user_id)) == mover.row.name

    first, second = rename(mover, "Rita Vale"), rename(mover, "Margaret Hill")
    return Race("users", first, second, one_name, before="INSERT INTO audit_rows")


def a_name_changed_while_they_move_to_another_council() -> Race:
    """Else a name stands in the books of a council that has no reference for them."""
    mover = Mover()
    return Race(
        "people", rename(mover, "Rita Vale"), move(mover), lambda _: mover.row.name_in_books is None, "UPDATE people"
    )


def a_flag_raised_while_they_move_to_another_council() -> Race:
    """Else they move away from the council that has just said that it looks after them."""
    mover = Mover()
    with transaction():
        team = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=mover.here)
        lead_id = user_with_role(Role.SAFEGUARDING_LEAD, team).id
    flag = partial(safeguarding.raise_flag, actor_of(lead_id), mover.person_id, reason="Look into it")
    both = ["person.move", "person.flag"]
    return Race("people", move(mover), flag, lambda _: [act for act in acts() if act in both] == both, "UPDATE people")


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize(
    "race",
    [
        a_name_changed_while_it_is_changed_back,
        a_name_changed_while_they_move_to_another_council,
        a_flag_raised_while_they_move_to_another_council,
    ],
)
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock one is not what the other says: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked


@pytest.mark.parametrize("without_key", [True, pytest.param(False, marks=pytest.mark.trial)])
def test_who_moves_and_has_a_new_name_at_once_waits_for_nobody_who_waits(app: Flask, without_key: bool) -> None:
    """A move holds the person and names the account; a new name holds the account and then the person."""

    def with_key(_c: Connection, _cursor: Any, statement: str, parameters: Any, *_: object) -> tuple[str, Any]:
        return statement.replace("FOR NO KEY UPDATE", "FOR UPDATE"), parameters

    mover = Mover()
    if not without_key:
        event.listen(db.engine, "before_cursor_execute", with_key, retval=True)
    try:
        said = interleaved(app, move(mover), rename(mover, "Rita Vale"), "people", before="UPDATE people")
    finally:
        if not without_key:
            event.remove(db.engine, "before_cursor_execute", with_key)
    assert (errors(said) == []) is without_key
