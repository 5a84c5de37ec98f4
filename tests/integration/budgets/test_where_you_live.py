"""Where somebody lives is theirs to say, and decides their council, but for what two councils have to arrange."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from budgets.commands import WhereYouLive
from budgets.domain import BudgetState
from budgets.models import Person, PersonalBudget
from budgets.queries.people import contact_of, get_person
from budgets.services import homes, safeguarding
from catalogue.models import Postcode
from marketplace.accounts.domain import Role
from marketplace.accounts.models import Council
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import Rail
from payments.models import Order
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, PersonFactory
from tests.factories.payments import OrderFactory

PAGE = "/account/where-you-live"
HERE, BESIDE, ELSEWHERE = "DL3 7TX", "DL1 1AA", "M1 1AE"
DETAILS = {"address": "7 Teasel Bank", "phone": "01632 960 007", "notes": "Ring twice"}


class Mover:
    """Margaret of Darlington, who has an order, and postcodes of Darlington and of Manchester."""

    def __init__(self) -> None:
        with transaction():
            self.here, self.elsewhere = int(council().id), int(council("E08000003").id)
            for postcode, gss in ((HERE, "E06000005"), (BESIDE, "E06000005"), (ELSEWHERE, "E08000003")):
                db.session.add(Postcode(postcode=postcode, latitude=54.5, longitude=-1.5, council_gss=gss))
            db.session.execute(update(Council).where(Council.id == self.here).values(phone="01632 960 200"))
            self.user_id = UserFactory(name="Margaret Hill").id
            self.person_id = PersonFactory(name="Margaret Hill", user_id=self.user_id, council_reference="P1").id
            self.order_id = OrderFactory(person_id=self.person_id, council_id=self.here, rail=Rail.OWN_MONEY).id
        self.actor = actor_of(self.user_id)

    @property
    def row(self) -> Any:
        db.session.rollback()
        return db.session.get_one(Person, self.person_id)

    @property
    def lives(self) -> tuple[str | None, int | None]:
        return self.row.postcode, self.row.council_id

    def acts(self) -> list[str]:
        rows = select(AuditRow.action).where(AuditRow.person_id == self.person_id).order_by(AuditRow.id)
        return list(db.session.scalars(rows))

    def says(self, client: FlaskClient, postcode: str, **more: str) -> TestResponse:
        return submit(client, PAGE, {"postcode": postcode, **DETAILS, **more}, follow_redirects=True)


@pytest.fixture
def mover(app: Flask, client: FlaskClient) -> Mover:
    found = Mover()
    sign_in(client, found.user_id)
    return found


def test_a_self_funder_says_where_they_live_and_agrees_before_their_council_changes(
    mover: Mover, client: FlaskClient
) -> None:
    assert PAGE in client.get("/account").get_data(as_text=True)
    assert PAGE in client.get(f"/people/{mover.person_id}").get_data(as_text=True)
    assert "Your council is Darlington Borough Council" in text_of(client.get(PAGE))
    assert "Your next order begins with this" in text_of(mover.says(client, HERE))
    assert contact_of(mover.person_id).address == "7 Teasel Bank" and mover.row.details_at is not None

    asked = mover.says(client, "m11ae")
    assert "M1 1AE belongs to Manchester City Council" in text_of(asked)
    assert "7 Teasel Bank" in asked.get_data(as_text=True) and 'value="M1 1AE"' in asked.get_data(as_text=True)
    assert mover.lives == (HERE, mover.here), "nothing yet"
    assert mover.says(client, BESIDE, agreed_to=ELSEWHERE).status_code == 200
    assert mover.lives == (BESIDE, mover.here), "what was agreed to is another postcode"

    assert "Your council is Manchester City Council now" in text_of(mover.says(client, ELSEWHERE, agreed_to=ELSEWHERE))
    assert mover.lives == (ELSEWHERE, mover.elsewhere)
    assert mover.row.council_reference is None, "it was the other council’s"
    assert db.session.get_one(Order, mover.order_id).council_id == mover.here, "what is ordered stays"
    assert mover.acts()[-3:] == ["person.say_where", "person.move", "person.move"]
    client.get(f"/people/{mover.person_id}/audit")
    assert "changed what providers are told" in text_of(client.get(f"/people/{mover.person_id}/audit"))


@pytest.mark.parametrize("why", ["a budget", "a budget that is paused and begins later", "a flag"])
def test_nobody_moves_away_by_a_postcode_from_a_council_that_pays_or_looks_after_their_safety(
    mover: Mover, client: FlaskClient, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "a flag":
        with transaction():
            lead = user_with_role(Role.SAFEGUARDING_LEAD).id
        safeguarding.raise_flag(actor_of(lead), mover.person_id, reason="A neighbour is worried")
    else:
        with transaction():
            budget = BudgetFactory(person_id=mover.person_id)
            if why != "a budget":
                days = {"starts_on": clock.today() + timedelta(days=9), "state": BudgetState.SUSPENDED}
                db.session.execute(update(PersonalBudget).where(PersonalBudget.id == budget.id).values(**days))
    refused = mover.says(client, ELSEWHERE, agreed_to=ELSEWHERE)
    words = text_of(refused)
    assert "Ring Darlington Borough Council on 01632 960 200 first: M1 1AE is in the area of Manchester" in words
    assert "7 Teasel Bank" in refused.get_data(as_text=True), "nothing typed is lost"
    assert mover.lives == (HERE, mover.here) and contact_of(mover.person_id).address is None
    mover.says(client, BESIDE)
    assert mover.lives == (BESIDE, mover.here), "within the same council they move as they like"
    # Negative control: without the look at who pays, and at the flag, a typed postcode takes them away.
    monkeypatch.setattr(homes, "councils_that_pay", lambda person_id: set())
    with transaction():
        db.session.execute(update(Person).values(flagged_at=None))
    mover.says(client, ELSEWHERE, agreed_to=ELSEWHERE)
    assert mover.lives == (ELSEWHERE, mover.elsewhere)


@pytest.mark.parametrize("how", ["ended", "over"])
def test_a_budget_that_has_ended_keeps_nobody(mover: Mover, how: str) -> None:
    with transaction():
        budget = BudgetFactory(person_id=mover.person_id)
        days = {"ends_on": clock.today() - timedelta(days=1), "starts_on": clock.today() - timedelta(days=30)}
        values: dict[str, Any] = {"state": BudgetState.ENDED} if how == "ended" else days
        db.session.execute(update(PersonalBudget).where(PersonalBudget.id == budget.id).values(**values))
    homes.say_where(mover.actor, WhereYouLive(ELSEWHERE, "7 Teasel Bank", agreed_to=ELSEWHERE))
    assert mover.lives == (ELSEWHERE, mover.elsewhere)


def test_who_has_moved_already_in_the_books_of_a_council_that_pays_may_say_so(mover: Mover) -> None:
    """The new council has set up a budget; the person’s own record still names the one of before."""
    with transaction():
        BudgetFactory(person_id=mover.person_id, council_id=mover.elsewhere)
        db.session.add(Postcode(postcode="TS24 7AA", latitude=54.7, longitude=-1.2, council_gss="E06000001"))
    with pytest.raises(DomainError, match="Ring Manchester City Council"):
        homes.say_where(mover.actor, WhereYouLive("TS24 7AA", "7 Teasel Bank", agreed_to="TS24 7AA"))
    homes.say_where(mover.actor, WhereYouLive(ELSEWHERE, "7 Teasel Bank", agreed_to=ELSEWHERE))
    assert mover.lives == (ELSEWHERE, mover.elsewhere)


def test_a_postcode_that_says_no_council_is_one_sentence_and_nothing_is_lost(mover: Mover, client: FlaskClient) -> None:
    before = mover.acts()
    for typed, said in (
        ("", "Enter your postcode, like DL3 7TX"),
        ("DL3", "Enter a postcode, like DL3 7TX"),
        ("ZE99 9ZZ", "We do not know which council ZE99 9ZZ belongs to"),
    ):
        page = mover.says(client, typed)
        html = page.get_data(as_text=True)
        assert said in text_of(page) and "7 Teasel Bank" in html and "Ring twice" in html
        assert f'value="{typed}"' in html or not typed
    assert "Enter the address where you live" in text_of(mover.says(client, HERE, address=" "))
    assert mover.lives == (HERE, mover.here) and mover.acts() == before


def test_only_a_living_person_who_buys_says_where_they_live(mover: Mover, client: FlaskClient) -> None:
    with transaction():
        staff = user_with_role(Role.COUNCIL_FINANCE).id
        db.session.execute(update(Person).values(died_on=clock.today()))
    for nobody in (mover.actor, actor_of(staff)):
        with pytest.raises(NotFound):
            homes.say_where(nobody, WhereYouLive(BESIDE, "7 Teasel Bank"))
    assert get_person(mover.person_id).postcode == HERE
    sign_in(client, staff)
    assert client.get(PAGE).location == "/account"
    assert PAGE not in client.get("/account").get_data(as_text=True)
