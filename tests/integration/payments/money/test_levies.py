"""Which rate an order freezes."""

from datetime import date, timedelta
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.domain import Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import Rail
from marketplace.ui.filters import london_date
from payments.models import LevyRate
from payments.services import levies
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, council, user_with_role
from tests.integration.payments.money.telling import operators
from tests.races import at_once, errors

DAY = date(2026, 11, 23)


def _rate(rate_bp: int, starts_on: date, **fields: object) -> None:
    with transaction():
        row = LevyRate(
            council_id=council().id,
            rail=Rail.COUNCIL_MANAGED,
            rate_bp=rate_bp,
            starts_on=starts_on,
            created_at=clock.now(),
            **fields,
        )
        db.session.add(row)


def _council_id() -> int:
    with transaction():
        return council().id


def test_without_a_rule_the_levy_is_two_and_a_half_percent(app: Flask) -> None:
    assert levies.rate_for(_council_id(), Rail.COUNCIL_MANAGED, DAY) == 250
    assert levies.rate_for(None, Rail.OWN_MONEY, DAY) == 250


def test_the_latest_rule_that_has_begun_counts_for_its_own_rail(app: Flask) -> None:
    _rate(200, date(2026, 4, 1))
    _rate(150, date(2026, 11, 23))
    _rate(100, date(2026, 11, 24))
    assert levies.rate_for(_council_id(), Rail.COUNCIL_MANAGED, DAY) == 150
    assert levies.rate_for(_council_id(), Rail.COUNCIL_MANAGED, date(2026, 11, 22)) == 200
    assert levies.rate_for(_council_id(), Rail.COUNCIL_MANAGED, date(2026, 3, 31)) == 250
    assert levies.rate_for(_council_id(), Rail.DIRECT_PAYMENT, DAY) == 250


def test_a_rate_that_only_one_person_set_does_not_count_until_a_second_approves(app: Flask) -> None:
    with transaction():
        town = council()
        office = OrganisationFactory(kind="council", council_id=town.id)
        first = user_with_role(Role.COUNCIL_FINANCE, office).id
        second = user_with_role(Role.COUNCIL_FINANCE, office).id
        stranger = user_with_role(Role.PROVIDER).id
        council_id = town.id
    begins = clock.today() + timedelta(days=1)
    with pytest.raises(NotFound):
        levies.propose_rate(actor_of(stranger), council_id, Rail.COUNCIL_MANAGED, 100, begins)
    with pytest.raises(DomainError, match="after today"):
        levies.propose_rate(actor_of(first), council_id, Rail.COUNCIL_MANAGED, 100, clock.today())
    rate_id = levies.propose_rate(actor_of(first), council_id, Rail.COUNCIL_MANAGED, 100, begins)
    assert levies.rate_for(council_id, Rail.COUNCIL_MANAGED, begins) == 250
    with pytest.raises(DomainError, match="colleague"):
        levies.approve_rate(actor_of(first), council_id, rate_id)
    with pytest.raises(NotFound):
        levies.approve_rate(actor_of(stranger), council_id, rate_id)
    with pytest.raises(DomainError, match="operator of this site has to agree"):
        levies.approve_rate(actor_of(second), council_id, rate_id)
    assert levies.rate_for(council_id, Rail.COUNCIL_MANAGED, begins) == 250
    levies.approve_rate(operators(1)[0], council_id, rate_id)
    assert levies.rate_for(council_id, Rail.COUNCIL_MANAGED, begins) == 100
    with pytest.raises(DomainError, match="was agreed to"):
        levies.drop_rate(actor_of(first), council_id, rate_id)


def test_a_council_proposes_a_levy_on_a_page_and_an_operator_agrees(app: Flask, client: FlaskClient) -> None:
    with transaction():
        town, elsewhere = council(), council("E06000047")
        office = OrganisationFactory(kind="council", council_id=town.id)
        officer, colleague = (user_with_role(Role.COUNCIL_FINANCE, office).id for _ in range(2))
        ids = town.id, elsewhere.id
    page, theirs = (f"/councils/{council_id}/levy" for council_id in ids)
    operator = operators(1)[0].user_id or 0
    begins = clock.today() + timedelta(days=1)
    good = {"rail": "council_managed", "rate": "1.75%", "starts_on": begins.isoformat()}
    sign_in(client, officer)
    assert client.get(theirs).status_code == 404
    assert "The levy that providers pay" in text_of(client.get("/council/settlement/settings"))
    for wrong, words in (
        ({"rate": "a little"}, "like 2.5"),
        ({"rate": "10.01", "starts_on": "2027-02-31"}, "from 0% to 10%"),
        ({"rate": "-1"}, "from 0% to 10%"),
        ({"rate": "1.755"}, "at most two decimals"),
        ({"rail": ""}, "Choose the kind of funding"),
        ({"starts_on": clock.today().isoformat()}, "Choose a day after today"),
    ):
        answer = submit(client, page, good | wrong)
        assert words in text_of(answer), (wrong, text_of(answer).partition("There is a problem")[2][:150])
        assert (wrong.get("rate") or "1.75%") in answer.get_data(as_text=True)  # what was typed is still there
    assert submit(client, page, good).location == page
    assert "There is a levy from that day already" in text_of(submit(client, page, good))
    first = db.session.scalars(select(LevyRate.id)).one()
    assert "You proposed it" in text_of(client.get(page))
    sign_in(client, colleague)  # may take it back, and neither sees a button that would be refused nor a decision
    shown = client.get(page)
    assert "The operator of this site has to agree" in text_of(shown)
    assert f"{first}/agree" not in shown.get_data(as_text=True)
    assert "A levy of" not in text_of(client.get("/approvals"))
    sign_in(client, officer)
    assert "Taken back" in text_of(submit(client, page, {}, to=f"{page}/{first}/drop", follow_redirects=True))
    submit(client, page, good)
    second = db.session.scalars(select(LevyRate.id)).one()
    sign_in(client, operator)
    assert "A levy of 1.75%" in text_of(client.get("/approvals"))
    for act in ("agree", "drop"):  # of another council there is no such levy
        assert submit(client, theirs, {}, to=f"{theirs}/{second}/{act}").status_code == 404
    db.session.rollback()
    assert levies.rate_for(ids[0], Rail.COUNCIL_MANAGED, begins) == 250
    assert "Agreed." in text_of(submit(client, page, {}, to=f"{page}/{second}/agree", follow_redirects=True))
    db.session.rollback()
    assert levies.rate_for(ids[0], Rail.COUNCIL_MANAGED, begins) == 175
    assert levies.rate_for(ids[1], Rail.COUNCIL_MANAGED, begins) == 250
    with clock.fixed_clock(clock.now() + timedelta(days=1)):
        sign_in(client, operator)
        assert "1.75%" in text_of(client.get(page))


def test_two_that_are_proposed_for_one_day_at_once_are_one(app: Flask) -> None:
    council_id, begins = _council_id(), clock.today() + timedelta(days=1)
    propose = [
        partial(levies.propose_rate, operator, council_id, Rail.COUNCIL_MANAGED, 100, begins)
        for operator in operators(2)
    ]
    (refused,) = errors(at_once(app, propose))
    assert isinstance(refused, DomainError) and refused.field == "starts_on"
    assert len(db.session.scalars(select(LevyRate.id)).all()) == 1


def test_providers_read_where_there_is_another_levy_and_from_when(app: Flask, client: FlaskClient) -> None:
    page = "/help/for-providers"
    begins = clock.today() + timedelta(days=9)
    first, second = operators(2)
    proposed = levies.propose_rate(first, _council_id(), Rail.COUNCIL_MANAGED, 400, begins)
    _rate(250, DAY - timedelta(days=20))
    text = text_of(client.get(page))
    assert "Where the levy is another" not in text and "2.5% when you sell, and only then" in text
    levies.approve_rate(second, _council_id(), proposed)
    text = text_of(client.get(page))
    assert "but for the councils below" in text and f"4% From {london_date(begins)}" in text
    with clock.fixed_clock(clock.now() + timedelta(days=9)):
        assert "4% Now" in text_of(client.get(page))
