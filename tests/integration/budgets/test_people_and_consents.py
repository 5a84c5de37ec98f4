"""People find their council, consents are off until given, and outcomes stay with what was bought for them."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from budgets import ports
from budgets.domain import ConsentHow, MandateAction
from budgets.models import Consent, Outcome, Person
from budgets.queries.access import find_access
from budgets.queries.outcomes import list_outcomes, outcome_words
from budgets.queries.people import find_person_of_user, get_person
from budgets.queries.sharing import shares_purchases
from budgets.services import consents, outcomes, people
from catalogue.models import Postcode
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from tests.factories.accounts import UserFactory, council, user_with_role
from tests.factories.budgets import MandateFactory, OutcomeFactory, PersonFactory
from tests.races import at_once


def council_id(gss_code: str = "E06000005") -> int:
    with transaction():
        return int(council(gss_code).id)


def a_user(**fields: object) -> int:
    with transaction():
        return int(UserFactory(**fields).id)


def test_a_user_becomes_one_person_whose_postcode_finds_the_council(app: Flask) -> None:
    with transaction():
        db.session.execute(
            insert(Postcode).values(postcode="DL3 7TX", latitude=54.53, longitude=-1.55, council_gss="E06000005")
        )
    user_id = a_user(name="Grace Holt")
    person_id = people.ensure_person_for_user(user_id)
    assert find_person_of_user(user_id) == get_person(person_id)
    assert (get_person(person_id).name, get_person(person_id).council_id) == ("Grace Holt", None)
    assert people.ensure_person_for_user(user_id, postcode="dl37tx") == person_id
    assert (get_person(person_id).postcode, get_person(person_id).council_id) == ("DL3 7TX", council_id())


def test_a_council_that_is_known_is_not_changed_by_a_visit_from_elsewhere(app: Flask) -> None:
    with transaction():
        user_id = UserFactory().id
        person = PersonFactory(user_id=user_id)
        person_id, council_before = person.id, person.council_id
    people.ensure_person_for_user(user_id, postcode="M1 1AE")
    assert (get_person(person_id).postcode, get_person(person_id).council_id) == ("DL3 7TX", council_before)


def test_two_first_visits_at_once_make_one_person(app: Flask) -> None:
    user_id = a_user()
    assert len(set(at_once(app, [lambda: people.ensure_person_for_user(user_id)] * 6))) == 1
    assert db.session.scalar(select(func.count(Person.id))) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": "  "}, "name"), ({"name": "x" * 121}, "name"), ({"postcode": "DL99"}, "postcode")],
)
def test_a_person_written_down_wrongly_says_which_answer_to_change(
    app: Flask, fields: dict[str, str], field: str
) -> None:
    actor = actor_of(a_user())
    values: dict[str, str] = {"name": "Ida Cole", "postcode": "DL3 7TX"} | fields
    with pytest.raises(DomainError) as refused:
        people.create_person(actor, name=values["name"], postcode=values["postcode"])
    assert refused.value.field == field


def test_writing_somebody_down_gives_no_right_to_act_for_them(app: Flask) -> None:
    actor = actor_of(a_user())
    person_id = people.create_person(actor, name="Ida Cole", postcode=None, council_id=council_id())
    assert find_access(actor, person_id, MandateAction.READ_BUDGET) is None


def test_one_reference_of_a_council_is_one_person(app: Flask) -> None:
    actor = actor_of(a_user())
    values = {"name": "Ida Cole", "postcode": None, "council_id": council_id(), "council_reference": "A1"}
    people.create_person(actor, **values)  # type: ignore[arg-type]
    with pytest.raises(DomainError, match="has this reference already") as refused:
        people.create_person(actor, **values)  # type: ignore[arg-type]
    assert refused.value.field == "person_reference"


def test_a_postcode_nobody_knows_leaves_the_council_open(app: Flask) -> None:
    assert ports.find_council_id("ZE1 0ZZ") is None or isinstance(ports.find_council_id("ZE1 0ZZ"), int)
    person_id = people.create_person(actor_of(a_user()), name="Ida Cole", postcode=None)
    assert get_person(person_id).council_id is None


def test_sharing_is_off_until_given_and_off_again_with_one_press_with_its_history_kept(app: Flask) -> None:
    user_id = a_user()
    with transaction():
        person_id = PersonFactory(user_id=user_id).id
    actor = actor_of(user_id)
    assert not shares_purchases(person_id)
    consents.share_purchases(actor, person_id, on=True)
    consents.share_purchases(actor, person_id, on=True)
    assert shares_purchases(person_id)
    consents.share_purchases(actor, person_id, on=False)
    consents.share_purchases(actor, person_id, on=False)
    assert not shares_purchases(person_id)
    consents.share_purchases(actor, person_id, on=True)
    rows = db.session.scalars(select(Consent).order_by(Consent.id)).all()
    assert [row.withdrawn_at is None for row in rows] == [False, True]


def test_nobody_else_agrees_to_share_for_a_person(app: Flask) -> None:
    with transaction():
        person_id = PersonFactory(user_id=UserFactory().id).id
        manager = UserFactory().id
        MandateFactory(person_id=person_id, staff=[manager])
    with pytest.raises(NotFound):
        consents.share_purchases(actor_of(manager), person_id, on=True)
    assert not shares_purchases(person_id)


def test_consent_at_an_access_point_says_how_it_was_given_and_ends_with_the_day(app: Flask) -> None:
    with transaction():
        worker = actor_of(user_with_role(Role.ACCESS_POINT_WORKER).id)
        person_id = PersonFactory().id
    organisation_id = worker.memberships[0].organisation_id
    with pytest.raises(DomainError):
        consents.agree_to_assisted_order(worker, person_id, organisation_id, how=ConsentHow.ONLINE)
    first = consents.agree_to_assisted_order(worker, person_id, organisation_id, how=ConsentHow.SPOKEN)
    assert consents.agree_to_assisted_order(worker, person_id, organisation_id, how=ConsentHow.ON_PAPER) == first
    assert find_access(worker, person_id, MandateAction.ORDER) is not None
    midnight = clock.day_bounds(clock.today(), clock.today())[1]
    with clock.fixed_clock(midnight - timedelta(seconds=1)):
        assert find_access(worker, person_id, MandateAction.ORDER) is not None
    with clock.fixed_clock(midnight):
        assert find_access(worker, person_id, MandateAction.ORDER) is None
    consents.end_assisted_order(worker, person_id)
    assert find_access(worker, person_id, MandateAction.ORDER) is None
    with pytest.raises(NotFound):
        consents.end_assisted_order(worker, person_id)


def test_nobody_writes_down_consent_for_an_access_point_that_is_not_theirs(app: Flask) -> None:
    with transaction():
        worker = actor_of(user_with_role(Role.ACCESS_POINT_WORKER).id)
        other = actor_of(user_with_role(Role.ACCESS_POINT_WORKER).id)
        manager = actor_of(user_with_role(Role.BUDGET_MANAGER).id)
        person_id = PersonFactory().id
    for actor in (other, manager):
        with pytest.raises(NotFound):
            consents.agree_to_assisted_order(
                actor, person_id, worker.memberships[0].organisation_id, how=ConsentHow.SPOKEN
            )
    with pytest.raises(NotFound):
        consents.end_assisted_order(manager, person_id)


def test_outcomes_are_added_once_changed_in_place_and_ended(app: Flask) -> None:
    user_id = a_user()
    with transaction():
        person_id = PersonFactory(user_id=user_id).id
    actor = actor_of(user_id)
    first = outcomes.add_outcome(actor, person_id, words="See  people twice a week")
    second = outcomes.add_outcome(actor, person_id, words="Cook my own meals", category_slug="meals")
    assert outcomes.add_outcome(actor, person_id, words="see people twice a week") == first
    changed = outcomes.change_outcome(actor, first, words="See people three times a week")
    assert [(o.id, o.words) for o in list_outcomes(person_id)] == [
        (changed, "See people three times a week"),
        (second, "Cook my own meals"),
    ]
    assert outcomes.change_outcome(actor, changed, words="See people three times a week") == changed
    outcomes.end_outcome(actor, second)
    assert [o.id for o in list_outcomes(person_id)] == [changed]
    assert outcome_words([first, second, None]) == {first: "See people twice a week", second: "Cook my own meals"}
    with pytest.raises(NotFound):
        outcomes.end_outcome(actor, second)


@pytest.mark.parametrize("words", ["  ", "x" * 301])
def test_an_outcome_needs_words_that_fit(app: Flask, words: str) -> None:
    user_id = a_user()
    with transaction():
        person_id = PersonFactory(user_id=user_id).id
    with pytest.raises(DomainError) as refused:
        outcomes.add_outcome(actor_of(user_id), person_id, words=words)
    assert refused.value.field == "words"


def test_a_plan_is_written_only_by_those_who_may(app: Flask) -> None:
    with transaction():
        person_id = PersonFactory().id
        outcome_id = OutcomeFactory(person_id=person_id).id
        reader, writer = UserFactory().id, UserFactory().id
        MandateFactory(person_id=person_id, staff=[reader], actions=[MandateAction.READ_PLAN])
        MandateFactory(person_id=person_id, staff=[writer], actions=[MandateAction.WRITE_PLAN])
    with pytest.raises(NotFound):
        outcomes.add_outcome(actor_of(reader), person_id, words="Something")
    with pytest.raises(NotFound):
        outcomes.end_outcome(actor_of(reader), outcome_id)
    outcomes.add_outcome(actor_of(writer), person_id, words="Something")
    assert db.session.scalar(select(func.count(Outcome.id))) == 2
