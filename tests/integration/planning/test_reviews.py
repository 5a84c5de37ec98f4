"""Reviews come up by themselves, are reminded of, asked for sooner, and held once by the council."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from budgets.domain import LegalBasis, MandateAction
from budgets.domain.plans import ReviewReason, add_months
from budgets.models import PersonalBudget, PlanReview
from budgets.queries.reviews import list_reviews, next_reviews
from budgets.services import reviews
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import user_with_role
from tests.factories.budgets import MandateFactory
from tests.integration.payments.orders.shop import Shop
from tests.integration.payments.orders.test_races import tally
from tests.integration.payments.orders.town import subjects


class Reviewed:
    """Margaret with a budget, her manager, the council's finance team and the officer with her case."""

    def __init__(self) -> None:
        self.shop = Shop()
        with transaction():
            finance, officer = user_with_role(Role.COUNCIL_FINANCE), user_with_role(Role.SOCIAL_WORKER)
            MandateFactory(
                person_id=self.shop.person_id,
                staff=[officer.id],
                organisation_id=actor_of(officer.id).memberships[0].organisation_id,
                legal_basis=LegalBasis.COUNCIL_OFFICER,
                actions=[MandateAction.READ_PLAN, MandateAction.WRITE_PLAN],
            )
            ids = finance.id, officer.id
        self.finance, self.officer = (actor_of(user_id) for user_id in ids)
        self.began_on = db.session.scalars(
            select(PersonalBudget.starts_on).where(PersonalBudget.id == self.shop.budget_id)
        ).one()
        assert reviews.open_due() == 1

    @property
    def next(self) -> object:
        return list_reviews(self.shop.person_id)[0]

    def hold(self, actor: Actor, **more: object) -> None:
        values = {"held_on": clock.today(), "words": "The choir goes well. Two hours more."}
        reviews.hold(actor, self.next.id, **{**values, **more})  # type: ignore[attr-defined,arg-type]


def test_the_first_is_due_after_six_months_and_each_next_after_twelve(app: Flask) -> None:
    case = Reviewed()
    assert next_reviews([case.shop.person_id]) == {case.shop.person_id: add_months(case.began_on, 6)}
    assert reviews.open_due() == 0  # one at most
    case.hold(case.officer)
    first, last = list_reviews(case.shop.person_id)
    assert (first.due_on, first.reason) == (add_months(clock.today(), 12), ReviewReason.YEARLY)
    assert last.held_by == case.officer.name and last.words == "The choir goes well. Two hours more."


def test_a_sooner_day_of_the_council_brings_it_forward(app: Flask) -> None:
    case, sooner = Reviewed(), clock.today() + timedelta(days=40)
    with transaction():
        db.session.execute(update(PersonalBudget).values(review_on=sooner))
    reviews.open_due()
    assert next_reviews([case.shop.person_id]) == {case.shop.person_id: sooner}


def test_everybody_concerned_is_told_once_before_on_the_day_and_when_it_was_missed(app: Flask) -> None:
    case = Reviewed()
    due_on = next_reviews([case.shop.person_id])[case.shop.person_id]
    who = [case.shop.margaret.email or "", case.shop.manager.email or "", case.finance.email or ""]
    before = [len(subjects(address)) for address in who]
    for days, told in ((-29, 0), (-28, 1), (-27, 0), (0, 1), (1, 0), (28, 1), (60, 0)):
        with clock.fixed_clock(clock.start_of_day(due_on + timedelta(days=days)) + timedelta(hours=9)):
            assert reviews.remind() == told, days
    sent = [subjects(address)[count:] for address, count in zip(who, before, strict=True)]
    assert [len(letters) for letters in sent] == [3, 3, 3]
    assert sent[0][0].startswith("Your plan: a review is due by") and "was due on" in sent[0][2]
    assert sent[2] == ["1 review is due, or was missed"] * 3


def test_without_counting_the_letters_they_would_be_sent_each_hour(app: Flask) -> None:
    """The negative control."""
    case = Reviewed()
    due_on = next_reviews([case.shop.person_id])[case.shop.person_id]
    with clock.fixed_clock(clock.start_of_day(due_on) + timedelta(hours=9)):
        assert (reviews.remind(), reviews.remind()) == (1, 0)
        with transaction():
            db.session.execute(update(PlanReview).values(reminded=0))
        assert reviews.remind() == 1


def test_a_change_is_asked_about_by_the_person_and_a_breach_by_the_council_alone(app: Flask) -> None:
    case = Reviewed()
    person_id = case.shop.person_id
    with pytest.raises(DomainError) as missing:
        reviews.ask(case.shop.margaret, person_id, reason=ReviewReason.CHANGE, why=" ")
    assert missing.value.field == "why"
    reviews.ask(case.shop.margaret, person_id, reason=ReviewReason.CHANGE, why="I fell, and need more help")
    assert next_reviews([person_id]) == {person_id: clock.today() + reviews.SOON}
    for who in (case.shop.margaret, case.shop.manager):
        with pytest.raises(NotFound):
            reviews.ask(who, person_id, reason=ReviewReason.BREACH, why="Spent on a car")
    reviews.ask(case.officer, person_id, reason=ReviewReason.BREACH, why="Spent on a car")
    with pytest.raises(NotFound):
        reviews.ask(case.shop.dale, person_id, reason=ReviewReason.CHANGE, why="Curious")
    assert db.session.scalar(select(func.count(PlanReview.id))) == 1


def test_only_the_council_holds_it_on_a_day_that_was(app: Flask) -> None:
    case = Reviewed()
    for who in (case.shop.margaret, case.shop.manager, case.shop.dale):
        with pytest.raises(NotFound):
            case.hold(who)
    for field, value in (("held_on", clock.today() + timedelta(days=1)), ("words", " ")):
        with pytest.raises(DomainError) as refused:
            case.hold(case.finance, **{field: value})
        assert refused.value.field == field
    case.hold(case.finance)
    with pytest.raises(DomainError, match="The last review was on"):
        case.hold(case.finance, held_on=clock.today() - timedelta(days=3))


def test_of_two_who_write_it_down_at_once_one_is_kept(app: Flask) -> None:
    case = Reviewed()
    review_id, today = case.next.id, clock.today()  # type: ignore[attr-defined]
    counted = tally(
        app, lambda: reviews.hold(case.finance, review_id, held_on=today, words="Looked at together"), times=6
    )
    assert counted == {"None": 1, NotAllowed.__name__: 5}
    assert len(list_reviews(case.shop.person_id)) == 2


def test_the_pages_show_ask_and_take_down(app: Flask, client: FlaskClient) -> None:
    case = Reviewed()
    page = f"/people/{case.shop.person_id}/reviews"
    sign_in(client, case.shop.margaret.user_id or 0)
    words = text_of(client.get(page))
    assert "The next review is due by" in words and "SI 2014/2871" in words and "It was held" not in words
    assert submit(client, page, {"reason": "change", "why": "I fell"}).status_code == 302
    assert "“I fell”" in text_of(client.get(page))
    finance = app.test_client()
    sign_in(finance, case.finance.user_id or 0)
    assert "1 review to hold" in text_of(finance.get("/council/reviews"))
    held = f"/council/reviews/{case.next.id}"  # type: ignore[attr-defined]
    day = clock.today()
    data = {"held_on-day": day.day, "held_on-month": day.month, "held_on-year": day.year, "words": ""}
    refused = submit(finance, held, data)
    assert "Say what was looked at" in text_of(refused)
    assert submit(finance, held, {**data, "words": "Two hours more a week"}).status_code == 302
    assert "Two hours more a week" in text_of(client.get(page))
    assert client.get(held).status_code == 404


def test_of_two_records_that_become_one_the_sooner_review_stays(app: Flask) -> None:
    kept, merged = Reviewed(), Shop()
    reviews.open_due()
    with transaction():
        db.session.execute(
            update(PlanReview).where(PlanReview.person_id == merged.person_id).values(due_on=clock.today())
        )
        reviews.give_way(kept.shop.person_id, merged.person_id)
    assert next_reviews([kept.shop.person_id, merged.person_id]) == {merged.person_id: clock.today()}
