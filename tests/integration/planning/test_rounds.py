"""One thing for many people: each checked alone, each once, and a report that says who could not and why."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update

from budgets.models import BudgetEntry, PersonalBudget, Pot, PotPeriod
from budgets.queries.access import list_mandates_of
from budgets.queries.outcomes import list_outcomes
from budgets.services import book, mandates
from budgets.words import day_words
from marketplace.app import create_worker
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_token
from marketplace.kernel.rails import Rail
from marketplace.planning.models import RoundPart
from marketplace.planning.queries.rounds import get_round
from marketplace.planning.rounds import PartState
from marketplace.planning.services import rounds
from payments.models import Basket, BasketLine
from payments.queries.orders import get_order
from payments.services.baskets import LineWanted, add, owner_for
from payments.services.checkout.at_once import AtOnce
from tests.browser import sign_in, submit, text_of
from tests.integration.planning.counting import queries_of
from tests.integration.planning.town_of_many import Many, orders_of
from tests.races import at_once, errors


def prepared(town: Many, *names: str, quantity: int = 2) -> int:
    """A round of the town's listing for these people, or for everybody, each for their first outcome."""
    chosen = [town.people[name] for name in names or town.people]
    outcomes = {}
    for person_id in chosen:
        found = list_outcomes(person_id)
        outcomes[person_id] = found[0].id if found else None
    return rounds.prepare_same(town.manager, LineWanted(town.listing_id, quantity), outcomes)


def send(town: Many, round_id: int) -> dict[str, tuple[PartState, str | None]]:
    rounds.send(town.manager, round_id, key=get_round(town.manager, round_id).key)
    return results(town, round_id)


def results(town: Many, round_id: int) -> dict[str, tuple[PartState, str | None]]:
    db.session.rollback()
    return {part.person_name: (part.state, part.why) for part in get_round(town.manager, round_id).parts}


def test_each_person_is_checked_alone_and_the_report_says_who_could_not_and_why(
    client: FlaskClient, app: Flask
) -> None:
    town = Many("Ann Able", "Flo Fine")
    town.people |= {
        "Bob Broke": town.person("Bob Broke", budget={"pence": 1_000}),
        "Cid Card": town.person("Cid Card", budget={"rail": Rail.DIRECT_PAYMENT}),
        "Dot Dear": town.person("Dot Dear", order_limit_pence=1_000),
        "Eve Ended": town.person("Eve Ended"),
        "Gus Goal": town.person("Gus Goal", outcomes=0),
    }
    round_id = prepared(town)
    mandates.end(town.manager, mandate_of(town, "Eve Ended"), reason="Moved away")
    assert send(town, round_id) == {
        "Ann Able": (PartState.ORDERED, None),
        "Bob Broke": (
            PartState.REFUSED,
            "This costs £36.00. Bob’s respite money has £10.00 left until "
            + _until()
            + ". You can choose fewer hours, pay £26.00 yourself, or ask the council.",
        ),
        "Cid Card": (PartState.IN_BASKET, "Cid has a direct payment, which pays by card."),
        "Dot Dear": (PartState.ASKED, None),
        "Eve Ended": (
            PartState.REFUSED,
            "You may not order for Eve any more: your authority has ended or was changed. Nothing was ordered.",
        ),
        "Flo Fine": (PartState.ORDERED, None),
        "Gus Goal": (PartState.REFUSED, "Choose what this is for, from the outcomes of Gus’s plan."),
    }
    assert [len(orders_of(town.people[name])) for name in ("Ann Able", "Bob Broke", "Eve Ended")] == [1, 0, 0]
    order = get_order(orders_of(town.people["Ann Able"])[0].id)
    assert order.total_pence == 3_600
    assert order.delivery["address"] == "1 High Row, Darlington"
    assert order.mandate_id is not None
    sign_in(client, town.manager_id)
    page = text_of(client.get(f"/caseload/rounds/{round_id}"))
    assert "3 orders could not be placed" in page
    assert "Ordered: 2. Waiting for a second person: 1. Waiting for your card: 1. Not ordered: 3." in page
    assert "Pay for Cid Card" in page
    paying = f"/acting/{town.people['Cid Card']}"
    assert submit(client, f"/caseload/rounds/{round_id}", {"next": "/basket"}, to=paying).location == "/basket"
    basket = text_of(client.get("/basket"))
    assert "Basket for Cid Card" in basket and "£36.00" in basket
    rounds.try_again(town.manager, round_id, key=get_round(town.manager, round_id).key)
    lines = db.session.scalars(select(BasketLine.quantity)).all()
    assert lines == [2]  # trying the others again puts nothing into a basket twice
    csv = client.get(f"/caseload/rounds/{round_id}/report.csv").get_data(as_text=True)
    assert csv.count("\r\n") == 8
    assert f"Ann Able,Dales Home Care,2 x Help at home,,36.00,Outcome 0,Ordered,{order.reference}," in csv
    assert 'Bob Broke,Dales Home Care,2 x Help at home,,36.00,Outcome 0,Not ordered,,"This costs £36.00.' in csv


def _until() -> str:
    return day_words(clock.today() + timedelta(days=334))


def mandate_of(town: Many, name: str) -> int:
    return next(mandate.id for mandate in list_mandates_of(town.manager) if mandate.person_name == name)


def test_pressed_twice_and_at_once_everybody_gets_it_once(app: Flask) -> None:
    town = Many("Ann Able", "Flo Fine")
    round_id = prepared(town)
    key = get_round(town.manager, round_id).key
    assert errors(at_once(app, [lambda: rounds.send(town.manager, round_id, key=key)] * 4)) == []
    assert {name: state for name, (state, _) in results(town, round_id).items()} == {
        "Ann Able": PartState.ORDERED,
        "Flo Fine": PartState.ORDERED,
    }
    assert [len(orders_of(person_id)) for person_id in town.people.values()] == [1, 1]
    assert db.session.scalar(select(func.count(BudgetEntry.id)).where(BudgetEntry.kind == "hold")) == 2


def test_without_the_state_of_a_part_the_checkouts_key_still_orders_once(app: Flask) -> None:
    """Negative control of the first guard, and proof of the second: the part forgets that it was ordered."""
    town = Many("Ann Able")
    round_id = prepared(town)
    send(town, round_id)
    with transaction():
        db.session.execute(update(RoundPart).values(state=PartState.WAITING, checkout_id=None))
    assert send(town, round_id) == {"Ann Able": (PartState.ORDERED, None)}
    assert len(orders_of(town.people["Ann Able"])) == 1


def test_without_a_key_of_its_own_a_second_press_would_order_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: with both guards gone the fault happens."""
    town = Many("Ann Able")
    round_id = prepared(town)
    kept = rounds._wanted
    monkeypatch.setattr(
        rounds,
        "_wanted",
        lambda part: AtOnce(new_token(), *(getattr(kept(part), n) for n in ("person_id", "lines", "outcome_id"))),
    )
    send(town, round_id)
    with transaction():
        db.session.execute(update(RoundPart).values(state=PartState.WAITING, checkout_id=None))
    send(town, round_id)
    assert len(orders_of(town.people["Ann Able"])) == 2


def test_a_price_that_changed_is_not_paid_and_can_be_prepared_anew(client: FlaskClient, app: Flask) -> None:
    town = Many("Ann Able")
    round_id = prepared(town)
    town.change_listing(price_pence=2_000)
    assert send(town, round_id) == {
        "Ann Able": (PartState.REFUSED, "Help at home costs £20.00 an hour now, and £18.00 when you looked.")
    }
    assert orders_of(town.people["Ann Able"]) == []
    sign_in(client, town.manager_id)
    page = client.get(f"/caseload/buy/{town.listing_id}?again={round_id}").get_data(as_text=True)
    assert re.search(rf'value="{town.people["Ann Able"]}" checked', page)


def test_half_without_money_leave_the_other_half_served_and_are_tried_again_when_it_came(app: Flask) -> None:
    town = Many()
    for number in range(6):
        name = f"Person {number}"
        town.people[name] = town.person(name, budget={"pence": 500_000 if number % 2 else 100})
    round_id = prepared(town)
    states = [state for state, _ in send(town, round_id).values()]
    assert states == [PartState.REFUSED, PartState.ORDERED] * 3
    with transaction():
        for period_id in db.session.scalars(
            select(PotPeriod.id)
            .join(Pot, Pot.id == PotPeriod.pot_id)
            .join(PersonalBudget, PersonalBudget.id == Pot.budget_id)
            .where(PotPeriod.allocated_pence == 100)
        ).all():
            book.allocate(period_id, 10_000, cause=f"more:{period_id}", actor_user_id=None, reason="More")
    rounds.try_again(town.manager, round_id, key=get_round(town.manager, round_id).key)
    assert {state for state, _ in results(town, round_id).values()} == {PartState.ORDERED}
    assert {len(orders_of(person_id)) for person_id in town.people.values()} == {1}


def test_what_lies_in_the_open_basket_stays_there(app: Flask) -> None:
    town = Many("Ann Able")
    owner = owner_for(town.manager, town.people["Ann Able"], None)
    basket_id = add(owner, LineWanted(town.listing_id, 5))
    send(town, prepared(town))
    db.session.rollback()
    assert list(db.session.scalars(select(Basket.id))) == [basket_id]
    assert [order.total_pence for order in orders_of(town.people["Ann Able"])] == [3_600]


def test_a_long_round_is_finished_by_the_worker_with_the_rights_of_that_moment(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "AT_ONCE", 2)
    town = Many("Ann Able", "Bob Later", "Cid Later", "Dot Later")
    round_id = prepared(town)
    states = [state for state, _ in send(town, round_id).values()]
    assert states == [PartState.ORDERED] * 2 + [PartState.WAITING] * 2
    mandates.end(town.manager, mandate_of(town, "Dot Later"))
    create_worker(app).run_once()
    states = [state for state, _ in results(town, round_id).values()]
    assert states == [PartState.ORDERED] * 3 + [PartState.REFUSED]


def test_nobody_sees_or_sends_the_round_of_another_or_orders_for_a_stranger(client: FlaskClient, app: Flask) -> None:
    town, other = Many("Ann Able"), Many("Bob Other")
    round_id = prepared(town)
    key = get_round(town.manager, round_id).key
    for act in (rounds.send, rounds.try_again):
        with pytest.raises(NotFound):
            act(other.manager, round_id, key=key)
        with pytest.raises(NotFound):
            act(town.manager, round_id, key="another")
    with pytest.raises(NotFound):
        rounds.prepare_same(other.manager, LineWanted(town.listing_id, 1), {town.people["Ann Able"]: None})
    sign_in(client, other.manager_id)
    assert client.get(f"/caseload/rounds/{round_id}").status_code == 404
    assert client.get(f"/caseload/rounds/{round_id}/report.csv").status_code == 404
    assert orders_of(town.people["Ann Able"]) == []


def test_the_pages_lead_from_the_thing_to_the_report_and_lose_nothing_typed(client: FlaskClient, app: Flask) -> None:
    town = Many("Ann Able")
    town.people["Two Goals"] = town.person("Two Goals", outcomes=2)
    sign_in(client, town.manager_id)
    at = f"/caseload/buy/{town.listing_id}"
    people = {"quantity": "3", "note": "Ring twice", "people": [town.people["Two Goals"]]}
    page = text_of(submit(client, at, {**people, f"outcome_{town.people['Two Goals']}": ""}))
    assert "Choose what this is for, for Two Goals" in page
    assert "Ring twice" in page
    assert "Choose at least one person" in text_of(submit(client, at, {"quantity": "1"}))
    second = list_outcomes(town.people["Two Goals"])[1].id
    too_many = {**people, f"outcome_{town.people['Two Goals']}": second, "quantity": "9999"}
    assert "Choose 1 to" in text_of(submit(client, at, too_many))
    answer = submit(client, at, {**people, f"outcome_{town.people['Two Goals']}": second})
    assert answer.status_code == 302
    check = client.get(answer.location)
    assert "Not ordered yet" in text_of(check)
    assert "Outcome 1" in text_of(check)
    key = re.search(r'name="key" value="([^"]+)"', check.get_data(as_text=True))
    assert key
    for _ in range(2):
        sent = submit(client, answer.location, {"key": key[1], "act": "send"}, follow_redirects=True)
        assert "All 1 order went through" in text_of(sent)
    (order,) = orders_of(town.people["Two Goals"])
    assert order.total_pence == 5_400
    assert "Help at home from Dales Home Care" in text_of(client.get("/caseload/rounds"))


def test_five_hundred_candidates_take_as_many_queries_as_ten_and_each_order_the_same_number(
    client: FlaskClient, app: Flask
) -> None:
    few = Many(*(f"Person {number}" for number in range(3)))
    sign_in(client, few.manager_id)
    at_few = queries_of(client, f"/caseload/buy/{few.listing_id}?tick=all")
    sent_few = statements_of(lambda: send(few, prepared(few)))
    many = Many(*(f"Person {number}" for number in range(12)))
    sign_in(client, many.manager_id)
    assert queries_of(client, f"/caseload/buy/{many.listing_id}?tick=all") == at_few <= 13
    sent_many = statements_of(lambda: send(many, prepared(many)))
    per_person = (sent_many - sent_few) / 9
    assert per_person == int(per_person) <= 65


def statements_of(act: Any) -> int:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(statements)
