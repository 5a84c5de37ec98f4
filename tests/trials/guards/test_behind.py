"""Guards that have another one behind them: who comes past the first is stopped by the next.

`kept_by_another.csv` names the others of each. Each test here passes without the one, passes without the others, and
fails when all of them are away. The first part is of pages whose form is refused before anybody looks at its words.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from budgets.domain import ConsentHow, LegalBasis, MandateAction
from budgets.models import Consent, HandOver, Mandate, MandateStaff, Restriction
from budgets.queries import access, decisions
from budgets.queries import hand_overs as hand_over_queries
from budgets.services import hand_overs, mandate_staff, restrictions
from marketplace.accounts.domain import ANYONE, OrganisationKind, Role
from marketplace.accounts.models import Membership
from marketplace.accounts.queries import actor_of
from marketplace.accounts.routes import account
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.planning.help_requests import AnswerState
from marketplace.planning.models import HelpAnswer, Round
from marketplace.planning.routes import monitoring
from marketplace.planning.services import assisted, help_requests, rounds
from payments.models import Checkout
from payments.services import baskets
from payments.services.checkout import answers, at_once
from tests.architecture.test_access import _TOKEN
from tests.architecture.visitors import HARTLEPOOL_GSS
from tests.architecture.world import World, build
from tests.browser import sign_in
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import ConsentFactory, MandateFactory, PersonFactory

pytestmark = pytest.mark.trial


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def world(app: Flask) -> World:
    return build()


# Who may read a page, and not send what is on it.


def _manager(world: World) -> int:
    found = db.session.scalars(select(MandateStaff.user_id).where(MandateStaff.mandate_id == world.ids["mandate_id"]))
    return int(found.one())


def _reader(world: World) -> int:
    with transaction():
        user_id = UserFactory().id
        actions = (MandateAction.READ_PLAN, MandateAction.READ_BUDGET)
        MandateFactory(person_id=world.person_id, staff=[user_id], actions=actions)
    return int(user_id)


def _finance(world: World) -> int:
    with transaction():
        return int(user_with_role(Role.COUNCIL_FINANCE).id)


def _finance_elsewhere(world: World) -> int:
    with transaction():
        place = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council(HARTLEPOOL_GSS).id)
        return int(user_with_role(Role.COUNCIL_FINANCE, place).id)


def _provider(world: World) -> int:
    place = world.of_endpoint["catalogue.provider_profile"]["organisation_id"]
    return int(db.session.scalars(select(Membership.user_id).where(Membership.organisation_id == place)).first() or 0)


def _helper_at_an_access_point(world: World) -> int:
    with transaction():
        worker = user_with_role(Role.ACCESS_POINT_WORKER)
        place = db.session.scalar(select(Membership.organisation_id).where(Membership.user_id == worker.id))
        ConsentFactory(person_id=world.person_id, organisation_id=place, assisted=True)
    return int(worker.id)


@pytest.mark.parametrize(
    ("who", "method", "address"),
    [
        (_manager, "POST", "/mandates/{mandate_id}/flag"),
        (_manager, "POST", "/mandates/{mandate_id}/flag/lift"),
        (_manager, "POST", "/mandates/{mandate_id}/pause"),
        (_manager, "POST", "/mandates/{mandate_id}/resume"),
        (_manager, "POST", "/mandates/{mandate_id}/papers"),
        (_manager, "POST", "/mandates/{mandate_id}/staff"),
        (_manager, "POST", "/mandates/{mandate_id}/question"),
        (_reader, "POST", "/people/{person_id}/plan"),
        (_reader, "POST", "/people/{person_id}/plan/{outcome_id}/end"),
        (_reader, "POST", "/people/{person_id}/plan/{outcome_id}/progress"),
        (_finance, "POST", "/orders/{order_id}/evidence/close"),
        (_finance_elsewhere, "GET", "/council/rules/person/{person_id}/new"),
        (_provider, "GET", "/orders/{order_id}/problem/sorted"),
        (_helper_at_an_access_point, "GET", "/people/{person_id}/requests/new"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_who_may_read_and_not_act_is_refused_before_anybody_looks_at_their_words(
    client: FlaskClient, world: World, who: Callable[[World], int], method: str, address: str
) -> None:
    sign_in(client, who(world))
    found = _TOKEN.search(client.get("/page-settings").get_data(as_text=True))
    assert found
    response = client.open(address.format(**world.ids), method=method, data={"csrf_token": found[1]})
    assert response.status_code == 404


def test_pages_of_an_account_and_of_a_council_are_nobodys_without_one(app: Flask) -> None:
    with app.test_request_context():
        with pytest.raises(NotFound):
            account._me()
        with pytest.raises(NotFound):
            monitoring._council_id(ANYONE)


def test_who_orders_for_nobody_is_sent_to_the_page_that_says_how_that_comes(client: FlaskClient, world: World) -> None:
    sign_in(client, world.owner_user_id)
    for address in ("/caseload/buy", f"/caseload/buy/{world.ids['listing_id']}"):
        assert client.get(address).location == "/caseload"


# Who may do what for whom.


def _assisted() -> tuple[int, int]:
    """A person who agreed to be helped today, and the access point."""
    place = OrganisationFactory(kind=OrganisationKind.ACCESS_POINT, council_id=council().id).id
    person_id = PersonFactory().id
    ConsentFactory(person_id=person_id, organisation_id=place, assisted=True)
    return person_id, place


def test_nobody_in_particular_has_no_mandate(app: Flask) -> None:
    with transaction():
        MandateFactory(staff=[UserFactory().id])
    assert access.list_mandates_of(ANYONE) == []


def test_nobody_in_particular_has_nobody_to_act_for(app: Flask) -> None:
    with transaction():
        MandateFactory(staff=[UserFactory().id])
    assert access.list_acting(ANYONE) == []


def test_nobody_in_particular_has_no_people(app: Flask) -> None:
    with transaction():
        MandateFactory(staff=[UserFactory().id])
    assert access.list_people(ANYONE, MandateAction.READ_PLAN) == []


def test_without_an_access_point_there_is_nobody_to_assist(app: Flask) -> None:
    with transaction():
        person_id, _ = _assisted()
        user_id = UserFactory().id
    assert access.find_assistance(actor_of(user_id), person_id) is None


def test_without_an_access_point_the_list_of_assisted_people_is_empty(app: Flask) -> None:
    with transaction():
        _assisted()
        user_id = UserFactory().id
    assert access.list_assisted_people(actor_of(user_id)) == []


def _told(**mandate: Any) -> bool:
    """Whether somebody named in such a mandate is told of an act for its person."""
    with transaction():
        person_id, user_id = PersonFactory().id, UserFactory().id
        MandateFactory(person_id=mandate.pop("person_id", person_id), staff=[user_id], **mandate)
    return user_id in access.list_user_ids_named(person_id, MandateAction.CONFIRM)


def test_who_is_named_for_somebody_else_is_not_told(app: Flask) -> None:
    with transaction():
        other = PersonFactory().id
    assert _told() and not _told(person_id=other)


def test_who_is_named_for_other_acts_is_not_told(app: Flask) -> None:
    assert _told() and not _told(actions=[MandateAction.REVIEW])


@pytest.mark.parametrize("state", ["expired", "ended", "suspended"])
def test_who_is_named_in_a_mandate_that_is_over_is_not_told(app: Flask, state: str) -> None:
    assert _told() and not _told(**{state: True})


def test_who_stood_in_until_yesterday_is_not_told(app: Flask) -> None:
    today = clock.today()
    with transaction():
        person_id, user_id = PersonFactory().id, UserFactory().id
        mandate = MandateFactory(person_id=person_id)
        before = today - timedelta(days=2)
        db.session.add(
            MandateStaff(mandate_id=mandate.id, user_id=user_id, starts_on=before, ends_on=today - timedelta(days=1))
        )
    assert user_id not in access.list_user_ids_named(person_id, MandateAction.CONFIRM)


def test_a_mandate_of_an_organisation_is_nobodys_elsewhere(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule of what a role may do is away here: the mandate itself is still the organisation's."""
    monkeypatch.setattr(access, "allowed", lambda *_: frozenset(MandateAction))
    with transaction():
        person_id, user_id = PersonFactory().id, UserFactory().id
        place = OrganisationFactory(kind=OrganisationKind.SUPPORT).id
        MandateFactory(person_id=person_id, staff=[user_id], organisation_id=place)
    assert access.find_access(actor_of(user_id), person_id, MandateAction.READ_PLAN) is None


# Who may say yes.


def test_who_recorded_a_rule_neither_finds_it_in_the_queue_nor_confirms_it(world: World) -> None:
    with transaction():
        officer = user_with_role(Role.SOCIAL_WORKER)
        row = db.session.get_one(Restriction, world.ids["restriction_id"])
        fresh = {column.key: getattr(row, column.key) for column in Restriction.__table__.columns}
        fresh |= {"id": None, "approved": None, "decided_by_user_id": None, "decided_at": None}
        waiting = Restriction(**fresh | {"recorded_by_user_id": officer.id})
        db.session.add(waiting)
        db.session.flush()
        waiting_id, actor_id = waiting.id, officer.id
    actor = actor_of(actor_id)
    for decision in decisions._restrictions(actor):
        with pytest.raises(NotAllowed, match="You wrote this rule down"):
            restrictions.confirm(actor, int(decision.href.rsplit("/", 1)[-1]))
    db.session.rollback()
    assert db.session.get_one(Restriction, waiting_id).approved is None


def test_nobody_in_particular_reads_no_hand_over(world: World) -> None:
    with pytest.raises(NotFound):
        hand_over_queries.get_hand_over_for(ANYONE, int(world.ids["hand_over_id"]))


@pytest.mark.parametrize("part", ["asked_by_user_id", "to_user_id"])
def test_who_asked_for_a_hand_over_or_would_get_it_does_not_answer_it(world: World, part: str) -> None:
    with transaction():
        officer = user_with_role(Role.SOCIAL_WORKER).id
        mandate = db.session.get_one(Mandate, world.ids["mandate_id"])
        mandate.legal_basis = LegalBasis.COUNCIL_OFFICER
        setattr(db.session.get_one(HandOver, world.ids["hand_over_id"]), part, officer)
    actor = actor_of(officer)
    for decision in hand_over_queries.list_for(actor):
        with suppress(DomainError):
            hand_overs.refuse(actor, int(decision.href.rsplit("/", 1)[-1]))
    db.session.rollback()
    assert db.session.get_one(HandOver, world.ids["hand_over_id"]).agreed is None


# Services whose first guard has another behind it.


def _refused(act: Callable[[], object]) -> None:
    with pytest.raises(NotFound):
        act()


def _stranger() -> Any:
    with transaction():
        return actor_of(UserFactory().id)


def test_a_stranger_serves_nobody(app: Flask) -> None:
    with transaction():
        place = OrganisationFactory(kind=OrganisationKind.ACCESS_POINT, council_id=council().id).id
    stranger, visitor = _stranger(), assisted.Visitor("Ivy Robson", "DL3 7TX")
    _refused(lambda: assisted.serve(stranger, visitor, person_id=None, organisation_id=place, how=ConsentHow.SPOKEN))
    assert db.session.scalar(select(Consent.id)) is None


def test_a_helper_at_an_access_point_chooses_no_answer(world: World) -> None:
    """They may order with a person who stands beside them today, and an offer is of another day."""
    helper, ids = actor_of(_helper_at_an_access_point(world)), world.ids
    with transaction():
        answer = db.session.get_one(HelpAnswer, ids["answer_id"])
        answer.state, answer.listing_id = AnswerState.OFFERED, answer.found_listing_id
        answer.quantity, answer.price_pence, answer.starts_on = 1, 2_400, clock.today() + timedelta(days=14)
    _refused(lambda: help_requests.choose(helper, world.person_id, int(ids["request_id"]), int(ids["answer_id"])))


def test_a_stranger_tries_no_round_again(world: World) -> None:
    stranger = _stranger()
    with transaction():
        row = db.session.get_one(Round, world.ids["round_id"])
        row.sent_at, key = clock.now(), row.key
    _refused(lambda: rounds.try_again(stranger, int(world.ids["round_id"]), key=key))


def test_nobody_in_particular_moves_no_basket(app: Flask) -> None:
    with transaction():
        person_id = PersonFactory().id
    _refused(lambda: baskets.move_to_person(ANYONE, baskets.Owner(None), person_id))


def test_nobody_in_particular_begins_no_checkout(app: Flask) -> None:
    with transaction():
        person_id = PersonFactory().id
    _refused(lambda: answers.begin(ANYONE, person_id))


def test_who_works_elsewhere_is_not_named_in_an_organisations_mandate(app: Flask) -> None:
    with transaction():
        person_user, other = UserFactory().id, UserFactory(email="other@example.org").id
        place = OrganisationFactory(kind=OrganisationKind.SUPPORT).id
        person_id = PersonFactory(user_id=person_user).id
        mandate_id = MandateFactory(person_id=person_id, organisation_id=place).id
    with pytest.raises(DomainError):
        mandate_staff.add_staff(actor_of(person_user), mandate_id, "other@example.org")
    assert db.session.scalar(select(MandateStaff.mandate_id).where(MandateStaff.user_id == other)) is None


def test_what_somebody_elses_round_ordered_is_not_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look at whose checkout it is, later on, is away here."""
    stranger = _stranger()
    monkeypatch.setattr(at_once, "get_checkout", lambda *_: None)
    monkeypatch.setattr(at_once, "orders_placed_before", lambda *_: ())
    key = db.session.scalars(select(Checkout.key).where(Checkout.id == world.ids["checkout_id"])).one()
    with transaction():
        db.session.get_one(Checkout, world.ids["checkout_id"]).placed_at = clock.now()
    wanted = SimpleNamespace(key=key, person_id=world.person_id)
    _refused(lambda: at_once.order_at_once(stranger, wanted))  # type: ignore[arg-type]
