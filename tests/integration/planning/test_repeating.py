"""Last month's orders once more: price changes and what cannot be had again are said before anything is ordered."""

from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from budgets.domain import MandateView
from budgets.models import Mandate, MandatePot, Outcome
from catalogue.models import Listing
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import Rail
from marketplace.planning.queries import repeating
from marketplace.planning.queries.repeating import Repeat, list_repeats
from marketplace.planning.queries.rounds import get_round
from marketplace.planning.rounds import PartState, again_on
from marketplace.planning.services import rounds
from payments.domain import OrderState
from payments.models import BasketLine
from tests.browser import sign_in, submit, text_of
from tests.factories.budgets import BudgetFactory
from tests.factories.catalogue import ListingFactory
from tests.integration.planning.counting import queries_of
from tests.integration.planning.town_of_many import Many, orders_of
from tests.integration.planning.world import somebody

TODAY = datetime(2026, 5, 12, 9, tzinfo=clock.now().tzinfo)
APRIL = date(2026, 4, 1)


def found(town: Many, month: date = APRIL) -> dict[str, Repeat]:
    db.session.rollback()
    return {repeat.person_name: repeat for repeat in list_repeats(town.manager, month)}


@pytest.mark.parametrize(
    ("day", "again"),
    [
        (date(2026, 4, 20), date(2026, 5, 18)),
        (date(2026, 4, 14), date(2026, 5, 12)),  # today
        (date(2026, 4, 13), date(2026, 5, 18)),  # four weeks later was yesterday
        (None, None),
    ],
)
def test_a_day_is_wanted_again_on_the_same_weekday(day: date | None, again: date | None) -> None:
    assert again_on(day, TODAY.date()) == again


def test_what_changed_and_what_cannot_be_had_again_is_said_before(client: FlaskClient, app: Flask) -> None:
    with clock.fixed_clock(TODAY):
        town = Many("Ann Same", "Bob Card", "Cid Gone", "Dot Goal", "Flo Long Ago")
        town.people["Eve Poor"] = town.person("Eve Poor", budget={"pence": 4_000})
        with transaction():
            gone = ListingFactory(title="Day trip").id
        town.order("Ann Same", on=date(2026, 4, 20), outcome_id=outcome_of(town, "Ann Same"))
        town.order("Bob Card", rail=Rail.OWN_MONEY, pot_period_id=None)
        town.order("Cid Gone", listing_id=gone)
        town.order("Dot Goal", outcome_id=outcome_of(town, "Dot Goal"))
        town.order("Eve Poor", state=OrderState.DECLINED)
        town.order("Flo Long Ago", days_ago=60)
        with transaction():
            db.session.execute(update(Listing).where(Listing.id == gone).values(state="withdrawn"))
            db.session.execute(
                update(Outcome).where(Outcome.person_id == town.people["Dot Goal"]).values(ended_at=clock.now())
            )
        town.change_listing(price_pence=2_000)
        repeats = found(town)
        assert set(repeats) == {"Ann Same", "Bob Card", "Cid Gone", "Dot Goal"}
        ann = repeats["Ann Same"]
        assert (ann.was_pence, ann.total_pence, ann.change_pence, ann.stopped) == (3_600, 4_000, 400, None)
        assert ann.lines[0].wanted is not None
        assert ann.lines[0].wanted.wanted_on == date(2026, 5, 18)
        assert (repeats["Bob Card"].stopped, repeats["Bob Card"].by_card) == (None, True)
        assert (repeats["Cid Gone"].stopped or "").startswith("Day trip: ")
        assert "off the plan" in (repeats["Dot Goal"].stopped or "")
        sign_in(client, town.manager_id)
        page = text_of(client.get("/caseload/repeat"))
        assert "£4.00 more" in page
        assert "It was paid by card. It goes into the basket, and you pay it there." in page
        assert "Flo Long Ago" not in page
        assert "Flo Long Ago" in text_of(client.get("/caseload/repeat?month=2026-03"))
        for nonsense in ("?month=x", "?month=2026-05", "?month=1999-01"):
            assert "Ann Same" in text_of(client.get("/caseload/repeat" + nonsense))
        answer = submit(client, "/caseload/repeat", {"month": "2026-04", "orders": [ann.order_id]})
        assert answer.status_code == 302
        shown = get_round(town.manager, int(answer.location.rsplit("/", 1)[1]))
        rounds.send(town.manager, shown.id, key=shown.key)
        _, again = orders_of(town.people["Ann Same"])
        assert (again.total_pence, again.period_starts_on) == (4_000, date(2026, 5, 18))
        assert "Repeated already" in (found(town)["Ann Same"].stopped or "")
        for nothing in ([], ["9" * 5000]):
            answer = submit(client, "/caseload/repeat", {"month": "2026-04", "orders": nothing})
            assert "Choose at least one" in text_of(answer)


def outcome_of(town: Many, name: str) -> int:
    return repeating.outcomes_of([town.people[name]])[town.people[name]][0].id


def test_money_counts_from_the_top_so_that_the_second_of_two_orders_is_warned_of(app: Flask) -> None:
    with clock.fixed_clock(TODAY):
        town = Many()
        town.people["Eve Poor"] = town.person("Eve Poor", budget={"pence": 12_200})
        for _ in range(2):
            town.order("Eve Poor")
        first, second = list_repeats(town.manager, APRIL)
        assert (first.stopped, first.short, second.stopped) == (None, None, None)
        assert second.short == "Eve’s respite money has £14.00 left for this."


def test_money_that_the_authority_does_not_cover_is_left_out_and_named(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.fixed_clock(TODAY):
        town = Many("Ann Same", "Bob None")
        for name in town.people:
            town.order(name)
        equipment = {name: another_pot(person_id) for name, person_id in town.people.items()}
        spare = another_pot(town.people["Bob None"], starts_on=date(2027, 1, 1))  # not yet: Bob has nothing to spend
        rows = db.session.execute(
            select(Mandate.person_id, Mandate.id).where(Mandate.person_id.in_(town.people.values()))
        )
        mandates = {row.person_id: row.id for row in rows}
        with transaction():
            covered_pots = {"Ann Same": equipment["Ann Same"], "Bob None": spare}
            for name, pot_id in covered_pots.items():
                db.session.add(MandatePot(mandate_id=mandates[town.people[name]], pot_id=pot_id))
        ann, bob = found(town)["Ann Same"], found(town)["Bob None"]
        assert ann.short == "Ann’s equipment money has £30.00 left for this. Your authority does not cover " + (
            "Ann’s respite money."
        )
        assert bob.stopped == (
            "Your authority does not cover Bob’s equipment money or Bob’s respite money. Bob has no other budget that "
            "could pay on that day."
        )
        with pytest.raises(DomainError, match="does not cover"):
            rounds.prepare_repeat(town.manager, APRIL, [bob.order_id])
        monkeypatch.setattr(MandateView, "covers", lambda self, pot_id: True)  # negative control
        assert (found(town)["Ann Same"].short, found(town)["Bob None"].stopped) == (None, None)


def another_pot(person_id: int, **budget: Any) -> int:
    with transaction():
        return int(BudgetFactory(person_id=person_id, pot="Equipment", pence=3_000, **budget).pot_id)


def test_what_a_card_paid_goes_into_the_basket_once_and_never_from_a_budget(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.fixed_clock(TODAY):
        town = Many("Bob Card")
        order_id = town.order("Bob Card", rail=Rail.OWN_MONEY, pot_period_id=None)
        first, second, third = (rounds.prepare_repeat(town.manager, APRIL, [order_id]) for _ in range(3))
        for round_id, state in ((first, PartState.IN_BASKET), (second, PartState.REFUSED)):
            rounds.send(town.manager, round_id, key=get_round(town.manager, round_id).key)
            assert [part.state for part in get_round(town.manager, round_id).parts] == [state]
        assert len(orders_of(town.people["Bob Card"])) == 1 and db.session.scalars(
            select(BasketLine.quantity)
        ).all() == [2]
        monkeypatch.setattr(rounds, "CARD_RAILS", frozenset())  # negative control: his budget would pay
        rounds.send(town.manager, third, key=get_round(town.manager, third).key)
        assert len(orders_of(town.people["Bob Card"])) == 2


def test_two_tabs_repeat_an_order_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.fixed_clock(TODAY):
        town = Many("Ann Same")
        order_id = town.order("Ann Same")
        first, second, third = (rounds.prepare_repeat(town.manager, APRIL, [order_id]) for _ in range(3))
        for round_id in (first, second):
            rounds.send(town.manager, round_id, key=get_round(town.manager, round_id).key)
        (part,) = get_round(town.manager, second).parts
        assert part.state is PartState.REFUSED
        assert (part.why or "").startswith("This was repeated already: it is order ")
        assert len(orders_of(town.people["Ann Same"])) == 2
        with pytest.raises(DomainError, match="Repeated already"):
            rounds.prepare_repeat(town.manager, APRIL, [order_id])
        monkeypatch.setattr(rounds, "_not_repeated_yet", lambda order_id: None)  # negative control
        rounds.send(town.manager, third, key=get_round(town.manager, third).key)
        assert len(orders_of(town.people["Ann Same"])) == 3


def test_only_people_for_whom_the_actor_may_order_are_on_the_list(client: FlaskClient, app: Flask) -> None:
    with clock.fixed_clock(TODAY):
        town, other = Many("Ann Same"), Many("Bob Other")
        order_id = other.order("Bob Other")
        with pytest.raises(NotFound):
            rounds.prepare_repeat(town.manager, APRIL, [order_id])
        with pytest.raises(NotFound):
            list_repeats(town.manager, APRIL, person_id=other.people["Bob Other"])
        sign_in(client, town.manager_id)
        assert client.get(f"/people/{other.people['Bob Other']}/repeat").status_code == 404
        assert "Nothing was ordered in April 2026" in text_of(client.get(f"/people/{town.people['Ann Same']}/repeat"))
        sign_in(client, somebody().user_id or 0)
        assert client.get("/caseload/repeat").location == "/caseload"


def test_the_list_takes_as_many_queries_for_many_as_for_few(client: FlaskClient, app: Flask) -> None:
    counts = []
    for size in (2, 8):
        town = Many(*(f"Person {number}" for number in range(size)))
        for name in town.people:
            town.order(name, days_ago=(clock.today() - clock.first_of_month(clock.today())).days + 3)
        sign_in(client, town.manager_id)
        counts.append(queries_of(client, "/caseload/repeat"))
    assert counts[0] == counts[1] <= 16
