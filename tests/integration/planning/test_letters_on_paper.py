"""Whoever has no e-mail is written to as everybody is: each letter waits on paper for somebody who may print it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from budgets.domain import MandateAction
from budgets.domain.people import LetterAbout
from budgets.models import PaperLetter, Person, Surplus
from budgets.queries.people import get_person
from budgets.services import letters, mandate_letters, mandates, paper_letters, reviews, surplus
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.models import Membership
from marketplace.accounts.queries import actor_of, find_user
from marketplace.database import db, transaction
from marketplace.desk.queries import list_tasks
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from marketplace.planning.queries.caseload import list_cases
from marketplace.planning.sampling import Answer
from marketplace.planning.services import evidence, monitoring, sampling
from payments.domain import OrderState
from payments.models import Order
from payments.queries.orders import get_order
from payments.queries.standing import buyer_is_told
from payments.services import money_letters
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, ConsentFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.shop import fields_of
from tests.integration.planning.counting import queries_of


class Harold:
    """Harold has no sign-in and no e-mail, a budget, and what Ann of a support agency bought for him."""

    def __init__(self) -> None:
        with transaction():
            person = PersonFactory(name="Harold Reed", council_reference="P2")
            self.person_id, self.council_id = person.id, person.council_id
            agency = OrganisationFactory(kind="support", name="Trent Support")
            ann = user_with_role(Role.BUDGET_MANAGER, agency, name="Ann Lee")
            self.mandate_id = MandateFactory(person_id=person.id, staff=[ann.id], organisation_id=agency.id).id
            budget = BudgetFactory(person_id=person.id)
            about = {"person_id": person.id, "council_id": person.council_id, "buyer_user_id": ann.id}
            self.order_id = OrderFactory(
                **about,
                mandate_id=self.mandate_id,
                state=OrderState.CONFIRMED,
                pot_period_id=budget.pot_period_id,
                outcome_id=OutcomeFactory(person_id=person.id).id,
            ).id
            self.own_order_id = OrderFactory(**about, mandate_id=self.mandate_id, rail=Rail.OWN_MONEY).id
            roles = Role.SOCIAL_WORKER, Role.COUNCIL_FINANCE, Role.OPERATOR, Role.ACCESS_POINT_WORKER
            ids = [ann.id, *(user_with_role(role).id for role in roles)]
            team = OrganisationFactory(kind="council", council_id=council("E06000001").id)
            ids += [user_with_role(Role.SOCIAL_WORKER, team).id, UserFactory().id]
        self.ann, self.officer, self.finance, self.operator, self.worker, self.elsewhere, self.stranger = (
            actor_of(user_id) for user_id in ids
        )

    def review(self) -> None:
        reviews.open_due()
        with clock.fixed_clock(clock.now() + timedelta(days=190)):
            reviews.remind()

    def receipt(self) -> None:
        monitoring.look(self.finance, self.person_id, "A sample")
        evidence.ask(self.finance, self.order_id, "The till slip", clock.today() + timedelta(days=20))

    def left_over(self) -> None:
        with transaction():
            today = clock.today()
            BudgetFactory(
                person_id=self.person_id,
                pot="Last year",
                rail=Rail.DIRECT_PAYMENT,
                starts_on=today - timedelta(days=400),
                ends_on=today - timedelta(days=35),
            )
        surplus.look_at_ended_periods()

    def taken_back(self) -> None:
        self.left_over()
        surplus_id = db.session.scalars(select(Surplus.id)).one()
        with clock.fixed_clock(clock.now() + timedelta(days=100)):
            surplus.let_keep(self.finance, surplus_id, reason="It is for a new chair")

    def refund(self, order_id: int | None = None) -> None:
        with transaction():
            money_letters.money_comes_back(db.session.get(Order, order_id or self.order_id), 500, card_pence=0)

    def own_refund(self) -> None:
        self.refund(self.own_order_id)

    def end(self) -> None:
        mandates.end(self.officer, self.mandate_id, reason="Harold asked for it")

    def seen_by(self, actor: Actor) -> list[str]:
        """What they may print; nothing is the page that is not there."""
        try:
            return [letter.subject for letter in paper_letters.list_letters(actor, self.person_id)]
        except NotFound:
            return []


@pytest.fixture
def harold(app: Flask) -> Harold:
    return Harold()


@pytest.mark.parametrize(
    ("happens", "words", "falls_to"),
    [
        (Harold.review, "Your plan: a review", "officer"),
        (Harold.receipt, "The council asks: a receipt", "officer"),
        (Harold.left_over, "more than may be kept", "officer"),
        (Harold.taken_back, "The council takes nothing back", "officer"),
        (Harold.refund, "£5.00 comes back", "officer"),
        (Harold.own_refund, "£5.00 comes back", "operator"),
    ],
)
def test_what_others_get_by_email_waits_on_paper_for_whoever_helps_and_else_for_who_looks_after_them(
    harold: Harold, happens: Callable[[Harold], None], words: str, falls_to: str
) -> None:
    happens(harold)
    (subject,) = [each for each in harold.seen_by(harold.ann) if words in each]
    others = ("officer", "operator", "elsewhere", "stranger", "worker", "finance")
    assert {who: harold.seen_by(getattr(harold, who)) for who in others} == {who: [] for who in others}
    with transaction():
        ConsentFactory(
            person_id=harold.person_id, assisted=True, organisation_id=harold.worker.memberships[0].organisation_id
        )
    with_them = [] if "kept" in words or "takes nothing" in words else [subject]
    assert [each for each in harold.seen_by(harold.worker) if words in each] == with_them
    with clock.fixed_clock(clock.now() + timedelta(days=2)):
        harold.end()
        assert subject not in harold.seen_by(harold.ann)
        falls = {who for who in others if subject in harold.seen_by(getattr(harold, who))}
        assert falls == {falls_to}
        last = getattr(harold, falls_to)
        assert subject in [letter.subject for letter in paper_letters.list_to_print(last)]


def test_without_paper_the_same_acts_tell_somebody_without_email_nothing(
    harold: Harold, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a letter that goes by e-mail alone."""
    monkeypatch.setattr(letters, "write_letter", lambda *arguments: None)
    for happens in (Harold.review, Harold.receipt, Harold.taken_back, Harold.refund, Harold.own_refund):
        happens(harold)
    assert harold.seen_by(harold.ann) == []
    assert db.session.scalars(select(PaperLetter.id)).all() == []


def test_after_the_end_of_a_mandate_a_refund_is_told_on_paper_alone_and_printed_from_the_list(
    harold: Harold, client: FlaskClient
) -> None:
    harold.end()
    before = db.session.scalars(select(Email.subject)).all()
    harold.refund()
    harold.own_refund()
    assert db.session.scalars(select(Email.subject)).all() == before, "who acted for him reads no more of it"
    sign_in(client, harold.officer.user_id or 0)
    page = text_of(client.get("/council/letters"))
    assert page.count("£5.00 comes back") == 1, "what he bought with his own money is no business of the council"
    letter = next(each for each in paper_letters.list_to_print(harold.officer) if "comes back" in each.subject)
    page = text_of(client.get(f"/letters/{letter.id}"))
    assert "Dear Harold," in page and "£5.00 is given back" in page and "you need no computer" in page
    assert "/orders/" not in page, "an address of a page is nothing on paper"
    answer = submit(client, f"/letters/{letter.id}", {}, to=f"/letters/{letter.id}/printed")
    assert answer.location == "/council/letters"
    assert "comes back" not in text_of(client.get("/council/letters"))
    sign_in(client, harold.operator.user_id or 0)
    assert "1 letter" in text_of(client.get("/desk"))
    assert text_of(client.get("/council/letters")).count("£5.00 comes back") == 1
    with transaction():
        lead = user_with_role(Role.SAFEGUARDING_LEAD).id
    assert letter.subject not in harold.seen_by(actor_of(lead)), "what a colleague has printed is past"


def test_named_staff_who_left_the_organisation_help_nobody_and_hear_nothing(
    harold: Harold, monkeypatch: pytest.MonkeyPatch
) -> None:
    harold.refund()
    with transaction():
        db.session.execute(delete(Membership).where(Membership.user_id == harold.ann.user_id))
    told = select(Email.subject).where(Email.to_address == harold.ann.email).order_by(Email.id)
    before = db.session.scalars(told).all()
    assert any("comes back" in each for each in harold.seen_by(harold.officer)), "nobody is left who could print it"
    harold.end()
    assert db.session.scalars(told).all() == before, "a letter would say who Harold is"
    # Negative control: by the names in the mandate alone the letter goes out.
    users = [find_user(harold.ann.user_id or 0)]
    monkeypatch.setattr(mandate_letters, "list_users_of", lambda organisation_id: users)
    with transaction():
        mandate_letters.ended(mandates.get_mandate(harold.mandate_id), None)
    assert "You may no longer act for Harold Reed" in db.session.scalars(told).all()


def test_a_worker_who_left_the_access_point_hears_no_more_of_what_was_ordered_there(harold: Harold) -> None:
    place = harold.worker.memberships[0].organisation_id
    with transaction():
        values = {"mandate_id": None, "buyer_user_id": harold.worker.user_id, "assisted_by_organisation_id": place}
        db.session.execute(update(Order).where(Order.id == harold.order_id).values(values))
    assert buyer_is_told(db.session.get_one(Order, harold.order_id))
    with transaction():
        db.session.execute(delete(Membership).where(Membership.user_id == harold.worker.user_id))
    assert not buyer_is_told(db.session.get_one(Order, harold.order_id))


def test_nobody_writes_to_somebody_who_has_died(harold: Harold) -> None:
    with transaction():
        db.session.execute(update(Person).values(died_on=clock.today()))
    harold.refund()
    assert db.session.scalars(select(PaperLetter.id)).all() == []


def test_nothing_is_posted_to_somebody_who_has_died_since_it_was_written(harold: Harold, client: FlaskClient) -> None:
    harold.refund()
    harold.end()
    waiting = [letter.subject for letter in paper_letters.list_to_print(harold.officer)]
    assert any("comes back" in subject for subject in waiting)
    with transaction():
        db.session.execute(update(Person).values(died_on=clock.today()))
    assert paper_letters.list_to_print(harold.officer) == []
    sign_in(client, harold.officer.user_id or 0)
    page = text_of(client.get(f"/people/{harold.person_id}/letters"))
    assert "Harold Reed has died. Nothing has to be printed any more." in page and "to print in one go" not in page
    with transaction():  # a mistake
        db.session.execute(update(Person).values(died_on=None))
    assert [letter.subject for letter in paper_letters.list_to_print(harold.officer)] == waiting
    with clock.fixed_clock(clock.now() + keeping.LETTER + timedelta(days=1)):
        assert paper_letters.forget_printed() == 0, "somebody still has to print them"
        with transaction():
            db.session.execute(update(Person).values(died_on=clock.today()))
        assert paper_letters.forget_printed() == len(waiting)


def test_two_officers_who_print_one_letter_hear_that_it_was_printed(harold: Harold, client: FlaskClient) -> None:
    harold.refund()
    harold.end()
    with transaction():
        team = OrganisationFactory(kind="council", council_id=harold.council_id)
        colleague = actor_of(user_with_role(Role.SOCIAL_WORKER, team).id)
    letter = next(each for each in paper_letters.list_to_print(harold.officer) if "comes back" in each.subject)
    page = f"/letters/{letter.id}"
    sign_in(client, harold.officer.user_id or 0)
    form = fields_of(client.get(page))
    paper_letters.mark_printed(colleague, letter.id)
    answer = client.post(f"{page}/printed", data=form)
    assert answer.location == "/council/letters"
    assert "was noted as printed before" in text_of(client.get(answer.location))
    assert client.get(page).status_code == 404, "what a colleague has printed is past"
    row = db.session.get_one(PaperLetter, letter.id, populate_existing=True)
    assert row.printed_by_user_id == colleague.user_id
    db.session.rollback()
    for who in (harold.elsewhere, harold.stranger, harold.finance):
        with pytest.raises(NotFound):
            paper_letters.mark_printed(who, letter.id)


def test_letters_from_before_there_was_an_email_address_still_wait_and_say_so(
    harold: Harold, client: FlaskClient
) -> None:
    harold.refund()
    with transaction():
        db.session.execute(update(Person).values(email="harold@example.org"))
    harold.refund()
    sign_in(client, harold.ann.user_id or 0)
    page = text_of(client.get(f"/people/{harold.person_id}/letters"))
    assert "Harold Reed gets letters by email now" in page and "There is no email address" not in page
    assert page.count("comes back") == 1


def test_a_question_from_a_sample_reaches_the_person_when_nobody_acts_for_them(harold: Harold) -> None:
    harold.end()
    with transaction():
        order = get_order(harold.order_id)
        sampling._pass_on(None, order, 0, Answer.ASK_MANAGER, "Which chair?")  # type: ignore[arg-type]
    assert any("A question about order" in each for each in harold.seen_by(harold.officer))


def test_letters_to_print_stand_in_the_caseload_for_who_may_print_them(harold: Harold, client: FlaskClient) -> None:
    harold.refund()
    harold.taken_back()
    with transaction():
        planner = UserFactory()
        MandateFactory(person_id=harold.person_id, staff=[planner.id], actions=[MandateAction.READ_PLAN])
    assert [case.to_print for case in list_cases(harold.ann)] == [3]
    assert [case.to_print for case in list_cases(actor_of(planner.id))] == [0], "not theirs to read"
    sign_in(client, harold.ann.user_id or 0)
    today = text_of(client.get("/caseload/today"))
    assert "Letters to print (1)" in today and "3 letters" in today
    assert "3 letters to print" in text_of(client.get("/caseload?show=print"))
    page = f"/people/{harold.person_id}/letters"
    whole = client.get(f"{page}?whole=1")
    assert text_of(whole).count("Dear Harold,") == 3
    until = int(re.findall(r'name="until" value="(\d+)"', whole.get_data(as_text=True))[0])
    harold.refund()  # while they are on their way
    assert "Noted: 3 letters." in text_of(
        client.get(submit(client, page, {"until": until}, to=f"{page}/printed").location)
    )
    assert [case.to_print for case in list_cases(harold.ann)] == [1]
    assert client.get(f"/people/{harold.person_id + 99}/letters").status_code == 404


def test_an_officer_prints_the_whole_list_in_one_go_and_no_letter_of_others(
    harold: Harold, client: FlaskClient
) -> None:
    harold.refund(), harold.own_refund()
    with transaction():
        db.session.execute(update(Person).values(address="7 Teasel Bank\n Darlington <b>"))
        beyond = PersonFactory(council_id=council("E06000001").id)
        letters.write_to(beyond, "Another council’s", "Words", LetterAbout.PLAN)
    harold.end()
    sign_in(client, harold.officer.user_id or 0)
    page = "/council/letters"
    assert "Show all 2 that nobody has printed" in text_of(client.get(page))
    whole = client.get(f"{page}?whole=1").get_data(as_text=True)
    assert whole.count('<article class="app-letter">') == whole.count("Dear Harold,") == 2
    assert "Harold Reed<br>7 Teasel Bank<br>Darlington &lt;b&gt;<br>DL3 7TX</p>" in whole
    until = int(re.findall(r'name="until" value="(\d+)"', whole)[0])
    with transaction():
        letters.write_to(get_person(harold.person_id), "While they are printed", "Words", LetterAbout.PLAN)
    submit(client, page, {"until": until}, to=f"{page}/printed")
    db.session.rollback()
    waiting = select(PaperLetter.subject).where(PaperLetter.printed_at.is_(None)).order_by(PaperLetter.id)
    own, others, later = db.session.scalars(waiting)
    assert "comes back" in own and (others, later) == ("Another council’s", "While they are printed")
    assert submit(client, page, {"until": "x"}, to=f"{page}/printed").location == page, "and nothing more is marked"


def test_the_list_to_print_asks_as_much_for_one_person_as_for_twelve(harold: Harold, client: FlaskClient) -> None:
    harold.refund()
    harold.end()
    sign_in(client, harold.officer.user_id or 0)
    few = queries_of(client, "/council/letters")
    with transaction():
        for _ in range(11):
            person = PersonFactory()
            MandateFactory(person_id=person.id, staff=[harold.ann.user_id])
            letters.write_to(person, "A letter", "Words", LetterAbout.PLAN)
            letters.write_to(PersonFactory(), "A letter", "Words", LetterAbout.PLAN)
    assert queries_of(client, "/council/letters") == few
    assert len(paper_letters.list_to_print(harold.officer)) == 2 + 11, "eleven others have Ann, who prints theirs"
    assert [task.what for task in list_tasks(harold.operator) if task.kind == "letters"] == []
