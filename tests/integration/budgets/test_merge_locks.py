"""Two records of one person become one while something is done for them: the order of locks, and what each is for."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from budgets.domain.plans import ReviewReason
from budgets.models import Person, PersonMerge, PlanReview
from budgets.services import mandates, merges, reviews, undoing_merges
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.domain import OrderState
from payments.models import Order, OrderLine
from ratings import services as ratings
from tests.factories.accounts import user_with_role
from tests.factories.budgets import PersonFactory
from tests.factories.ratings import operator
from tests.integration.budgets.finance import Finance
from tests.integration.budgets.test_locks import count, no_error
from tests.integration.budgets.test_merges import Twins
from tests.interleaved import WITH_AND_WITHOUT, Race, acts_named


@pytest.fixture
def database() -> str:
    return "postgresql"


def nobody_stuck(said: list[object]) -> bool:
    """Neither waited for what the other held."""
    return not any(isinstance(one, DBAPIError) for one in said)


class Bare(Finance):
    """Two records of one person of whom nothing else is written down."""

    def __init__(self) -> None:
        super().__init__()
        with transaction():
            for reference in ("C-1", "C-2"):
                PersonFactory(council_reference=reference)

    def prepare(self, kept: str = "C-1", merged: str = "C-2") -> int:
        return merges.prepare(self.one, self.council_id, kept, merged, "One date of birth")


def a_merge_prepared_twice() -> Race:
    prepare = Bare().prepare
    return Race("people", prepare, prepare, lambda _: count(PersonMerge) == 1, before="INSERT INTO person_merges")


def a_merge_decided_twice() -> Race:
    twins = Twins()
    decide = partial(merges.decide, twins.team.two, twins.prepare(), agree=True)
    return Race("person_merges", decide, decide, no_error)


def two_records_merged_into_each_other() -> Race:
    bare = Bare()
    first, second = (
        partial(merges.decide, bare.two, bare.prepare(*references), agree=True)
        for references in (("C-1", "C-2"), ("C-2", "C-1"))
    )
    return Race("people", first, second, lambda _: count(Person, Person.merged_into_person_id.is_not(None)) == 1)


def a_review_held_while_the_record_is_merged() -> Race:
    """Else what was agreed at a review is deleted with the review that gives way."""
    twins = Twins()
    reviews.open_due()
    decide = partial(merges.decide, twins.team.two, twins.prepare(), agree=True)
    later_id = db.session.scalars(select(PlanReview.id).order_by(PlanReview.due_on, PlanReview.id)).all()[1]
    hold = partial(reviews.hold, twins.team.one, later_id, held_on=clock.today(), words="All is well")

    held = PlanReview.held_on.is_not(None)
    return Race(
        "plan_reviews",
        decide,
        hold,
        lambda said: nobody_stuck(said) and acts_named("review.hold") == count(PlanReview, held),
    )


def a_review_asked_for_while_the_record_is_merged() -> Race:
    twins = Twins()
    reviews.open_due()
    ask = partial(reviews.ask, reason=ReviewReason.CHANGE, why="My son moved away")
    decide = partial(merges.decide, twins.team.two, twins.prepare(), agree=True)
    return Race(
        "plan_reviews", partial(ask, actor_of(twins.user_id), twins.merged), decide, no_error, "UPDATE plan_reviews"
    )


def an_authority_paused_while_the_record_is_merged() -> Race:
    twins = Twins()
    with transaction():
        officer_id = user_with_role(Role.SAFEGUARDING_LEAD).id
    decide = partial(merges.decide, twins.team.two, twins.prepare(), agree=True)
    pause = partial(mandates.suspend, actor_of(officer_id), twins.mandate_id, reason="Look into it")
    return Race("mandates", decide, pause, nobody_stuck)


def stars_hidden_while_the_record_is_merged() -> Race:
    twins = Twins()
    with transaction():
        db.session.execute(update(Order).values(state=OrderState.CONFIRMED))
    listing_id = db.session.scalars(select(OrderLine.listing_id)).one()
    review = ratings.NewReview(listing_id, 5, "Kind and on time.")
    review_id = ratings.write(actor_of(twins.user_id), twins.order_id, review)
    decide = partial(merges.decide, twins.team.two, twins.prepare(), agree=True)
    return Race("reviews", decide, partial(ratings.hide, operator(), review_id, "It names somebody"), nobody_stuck)


def a_merge_undone_twice() -> Race:
    twins = Twins()
    twins.merge()
    merge_id = db.session.scalars(select(PersonMerge.id)).one()
    undoing_merges.prepare_undo(twins.team.one, merge_id, "They are sisters")
    undo = partial(undoing_merges.decide_undo, twins.team.two, merge_id, agree=True)
    return Race("person_merges", undo, undo, lambda _: acts_named("person.undo_merge") == 1)


@pytest.mark.parametrize("is_locked", WITH_AND_WITHOUT)
@pytest.mark.parametrize(
    "race",
    [
        a_merge_prepared_twice,
        a_merge_decided_twice,
        two_records_merged_into_each_other,
        a_review_held_while_the_record_is_merged,
        a_review_asked_for_while_the_record_is_merged,
        an_authority_paused_while_the_record_is_merged,
        stars_hidden_while_the_record_is_merged,
        a_merge_undone_twice,
    ],
)
def test_of_two_at_once_the_second_waits_for_the_first(app: Flask, race: Callable[[], Race], is_locked: bool) -> None:
    """Without the lock something is doubled or lost, or both wait for each other: the negative control."""
    assert race().is_well(app, is_locked=is_locked) is is_locked
