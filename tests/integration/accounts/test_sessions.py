"""A sign-in stands while it is used, and really ends."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from marketplace.accounts.domain import Role
from marketplace.accounts.models import Membership, User
from marketplace.accounts.services import sessions
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.factories.accounts import UserFactory, user_with_role


def test_a_sign_in_carries_the_live_roles_of_its_user(app: Flask) -> None:
    with transaction():
        user_id = user_with_role(Role.OPERATOR, name="Olive Operator").id
    found = sessions.find(sessions.begin(user_id))
    assert found is not None
    assert (found.actor.name, found.actor.roles) == ("Olive Operator", {Role.OPERATOR})
    with transaction():
        db.session.execute(update(Membership).values(ended_at=clock.now()))
    assert sessions.find(found.token).actor.roles == frozenset()


def test_a_sign_in_that_was_ended_or_left_alone_stands_no_more(app: Flask) -> None:
    with transaction():
        user_id = UserFactory().id
    token, other = sessions.begin(user_id), sessions.begin(user_id)
    sessions.end(token)
    assert sessions.find(token) is None
    assert sessions.find(other) is not None
    start = clock.now()
    with clock.fixed_clock(start + sessions.IDLE + timedelta(seconds=1)):
        assert sessions.find(other) is None


def test_a_disabled_user_is_signed_out(app: Flask) -> None:
    with transaction():
        user_id = UserFactory().id
    token = sessions.begin(user_id)
    with transaction():
        db.session.execute(update(User).values(disabled_at=clock.now()))
    assert sessions.find(token) is None
