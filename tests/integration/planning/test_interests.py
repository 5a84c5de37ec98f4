"""Conflicts of interest are declared, ask a second person without one, and are seen by the council."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets.domain.interests import STAYS, InterestKind
from budgets.queries import interests as queries
from budgets.services.interests import Declared, declare, end
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.planning.queries.rounds import get_round
from marketplace.planning.rounds import PartState
from marketplace.planning.services import rounds
from payments.domain import OrderState
from payments.queries.orders import get_order, list_by_ids
from payments.services.approvals import approve, content_digest
from payments.services.baskets import LineWanted
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import MembershipFactory, UserFactory, council, user_with_role
from tests.factories.budgets import MandateFactory
from tests.integration.planning.town_of_many import Many, orders_of
from tests.integration.planning.world import somebody

NAME = "Ann Able"


def buy(town: Many) -> int:
    """Bea orders for Ann; answers the order's id."""
    db.session.rollback()
    person_id = town.people[NAME]
    outcome_id = rounds.outcomes_of([person_id])[person_id][0].id
    round_id = rounds.prepare_same(town.manager, LineWanted(town.listing_id, 1), {person_id: outcome_id})
    rounds.send(town.manager, round_id, key=get_round(town.manager, round_id).key)
    (part,) = get_round(town.manager, round_id).parts
    assert part.state in (PartState.ORDERED, PartState.ASKED), part.why
    return orders_of(person_id)[-1].id


def declared(town: Many, kind: InterestKind, *, everybody: bool = False) -> Declared:
    return Declared(town.provider_id, kind, "My sister is a director", town.organisation_id if everybody else None)


def colleague(town: Many) -> int:
    with transaction():
        user_id = UserFactory(name="A Colleague").id
        MembershipFactory(user_id=user_id, organisation_id=town.organisation_id, role=Role.BUDGET_MANAGER)
        MandateFactory(person_id=town.people[NAME], staff=[user_id], organisation_id=town.organisation_id)
    return user_id


@pytest.mark.parametrize("kind", [InterestKind.LINKED, InterestKind.RELATIVE])
def test_a_declared_interest_asks_a_second_person_and_flags_the_order(app: Flask, kind: InterestKind) -> None:
    town = Many(NAME)
    assert get_order(buy(town)).state is OrderState.PLACED
    declare(town.manager, declared(town, kind))
    order = get_order(buy(town))
    assert (order.state, order.interest) == (OrderState.AWAITING_APPROVAL, kind)
    second = actor_of(colleague(town))
    assert order.approval is not None
    approve(second, order.approval.id, seen=content_digest(order.id))
    assert get_order(order.id).state is OrderState.PLACED


def test_the_interest_of_a_whole_organisation_binds_colleagues_who_therefore_cannot_agree(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Many(NAME)
    second = actor_of(colleague(town))
    declare(second, declared(town, InterestKind.LINKED, everybody=True))
    order = get_order(buy(town))
    assert order.interest is InterestKind.LINKED
    assert order.approval is not None
    with pytest.raises(NotAllowed, match="You have an interest in Dales Home Care too"):
        approve(second, order.approval.id, seen=content_digest(order.id))
    assert get_order(order.id).state is OrderState.AWAITING_APPROVAL
    monkeypatch.setattr("payments.services.approvals.deciding.interests_of", lambda *args: {})  # negative control
    approve(second, order.approval.id, seen=content_digest(order.id))
    assert get_order(order.id).state is OrderState.PLACED


def test_without_the_rule_a_declared_link_would_buy_alone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Many(NAME)
    declare(town.manager, declared(town, InterestKind.LINKED))
    monkeypatch.setattr("budgets.services.rights.interests_of", lambda *args: {})
    assert get_order(buy(town)).state is OrderState.PLACED


def test_an_own_fee_says_so_on_the_order_the_statement_and_to_the_council(client: FlaskClient, app: Flask) -> None:
    town = Many(NAME)
    with transaction():
        MembershipFactory(user_id=town.manager_id, organisation_id=town.provider_id, role=Role.PROVIDER)
        finance = user_with_role(Role.COUNCIL_FINANCE).id
        elsewhere = user_with_role(Role.AUDITOR, None).id
    order_id = buy(town)
    order = list_by_ids([order_id])[order_id]
    assert order.what == "Help at home, 1 hour (own fee)"
    sign_in(client, town.manager_id)
    assert "Own fee" in text_of(client.get(f"/orders/{order_id}"))
    assert "(own fee)" in text_of(client.get(f"/people/{town.people[NAME]}/statement"))
    with transaction():
        db.session.execute(db.text("UPDATE orders SET council_id = :council"), {"council": council().id})
    for reader in (finance, elsewhere):
        sign_in(client, reader)
        page = text_of(client.get("/council/interests"))
        assert "1 order, £18.00 in all" in page
        assert order.reference in page
        assert "Own fee" in page
        (row,) = csv.DictReader(StringIO(client.get("/council/interests.csv").get_data(as_text=True).lstrip("\ufeff")))
        assert (row["order"], row["price"], row["interest"]) == (order.reference, "18.00", "own fee")
    sign_in(client, town.manager_id)
    assert client.get("/council/interests.csv").status_code == 404


def test_an_interest_that_ended_counts_for_four_more_weeks(app: Flask) -> None:
    town = Many(NAME)
    interest_id = declare(town.manager, declared(town, InterestKind.LINKED))
    with pytest.raises(NotFound):
        end(somebody(), interest_id)
    end(town.manager, interest_id)
    end(town.manager, interest_id)
    assert get_order(buy(town)).state is OrderState.AWAITING_APPROVAL
    for later, found in ((STAYS - timedelta(hours=1), True), (STAYS + timedelta(hours=1), False)):
        with clock.fixed_clock(clock.now() + later):
            assert bool(queries.interests_of(town.manager, (), [town.provider_id])) is found


def test_the_page_finds_the_provider_and_keeps_what_was_typed(client: FlaskClient, app: Flask) -> None:
    town = Many(NAME)
    sign_in(client, town.manager_id)
    at = "/caseload/interests?q=dales"
    answers = {"q": "dales", "provider": town.provider_id, "kind": "relative", "whose": 0, "words": "My sister"}
    page = text_of(submit(client, at, {**answers, "kind": ""}, to="/caseload/interests"))
    assert "Choose what the interest is" in page
    assert "My sister" in page
    assert "Say what the interest is" in text_of(
        submit(client, at, {**answers, "words": " "}, to="/caseload/interests")
    )
    assert submit(client, at, {**answers, "whose": 999_999}, to="/caseload/interests").status_code == 200
    for _ in range(2):
        assert submit(client, at, answers, to="/caseload/interests").status_code == 302
    assert len(queries.list_interests(town.manager)) == 1
    assert "No provider of that name" in text_of(client.get("/caseload/interests?q=zzz%00"))
    with pytest.raises(DomainError, match="Choose the provider"):
        declare(town.manager, Declared(town.organisation_id, InterestKind.LINKED, "Words"))
    with pytest.raises(NotFound):
        declare(somebody(), declared(town, InterestKind.LINKED, everybody=True))
    (interest,) = queries.list_interests(town.manager)
    assert submit(client, at, {}, to=f"/caseload/interests/{interest.id}/end").status_code == 302
    assert "Ended" in text_of(client.get("/caseload/interests"))
