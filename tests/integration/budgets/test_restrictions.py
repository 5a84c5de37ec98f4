"""Rules of a council for one person: two officers, judged at every order, questioned, reviewed, over by themselves."""

from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from budgets.domain import MandateAction, ProposedLine
from budgets.domain.restrictions import RestrictionKind, RestrictionState
from budgets.errors import LineRefused
from budgets.models import Restriction
from budgets.queries.restrictions import get_restriction, list_of_councils
from budgets.services import restrictions
from budgets.services.restrictions import Rule
from budgets.services.rights import judge_order
from catalogue.queries.listings import offer_for
from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from marketplace.planning.queries.rounds import get_round, list_candidates
from marketplace.planning.rounds import PartState
from marketplace.planning.services import rounds
from payments.domain import OrderState
from payments.models import OrderHistory
from payments.queries.orders import get_order
from payments.services.approvals import approve, content_digest
from payments.services.baskets import LineWanted
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import MandateFactory
from tests.integration.planning.town_of_many import Many, orders_of

NAME = "Ann Able"
K = RestrictionKind


class Officers:
    """Two officers of Ann's council, and one of another."""

    def __init__(self) -> None:
        with transaction():
            team = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council().id, email="care@d.example")
            far = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council("E08000003").id)
            ids = [
                user_with_role(Role.COUNCIL_FINANCE, team, name="Farah First").id,
                user_with_role(Role.SOCIAL_WORKER, team, name="Sam Second").id,
                user_with_role(Role.COUNCIL_FINANCE, far).id,
                user_with_role(Role.AUDITOR, team).id,
            ]
        self.first, self.second, self.far, self.auditor = (actor_of(user_id) for user_id in ids)

    def rule(self, person_id: int, kind: RestrictionKind, **values: object) -> Rule:
        today = clock.today()
        days = {"starts_on": today, "ends_on": today + timedelta(days=90), "review_on": today + timedelta(days=30)}
        return Rule(person_id, kind, "Somebody pressed her to buy", **(days | values))  # type: ignore[arg-type]

    def set(self, person_id: int, kind: RestrictionKind, **values: object) -> int:
        """A rule on which both agree."""
        restriction_id = restrictions.record_rule(self.first, self.rule(person_id, kind, **values))
        restrictions.confirm(self.second, restriction_id)
        return restriction_id


def order(town: Many, quantity: int = 1) -> tuple[PartState, str | None]:
    """Bea orders help at home for Ann by a round, as a job would go on with it; answers what became of it."""
    db.session.rollback()
    person_id = town.people[NAME]
    outcome_id = rounds.outcomes_of([person_id])[person_id][0].id
    round_id = rounds.prepare_same(town.manager, LineWanted(town.listing_id, quantity), {person_id: outcome_id})
    rounds.send(town.manager, round_id, key=get_round(town.manager, round_id).key)
    (part,) = get_round(town.manager, round_id).parts
    return part.state, part.why


def named(town: Many, kind: RestrictionKind) -> dict[str, object]:
    slug = offer_for([town.listing_id])[town.listing_id].category_slug
    other = "gardening" if slug != "gardening" else "handyperson"
    with transaction():
        another = OrganisationFactory(kind=OrganisationKind.PROVIDER, name="Only Them").id
    return {
        K.ONLY_CATEGORIES: {"named": (other,)},
        K.NOT_CATEGORIES: {"named": (slug,)},
        K.ONLY_PROVIDERS: {"named": (another,)},
        K.NOT_PROVIDERS: {"named": (town.provider_id,)},
        K.ORDER_LIMIT: {"pence": 1_799},
        K.MONTH_LIMIT: {"pence": 3_599},
    }[kind]


WORDS = {
    K.ONLY_CATEGORIES: "buy only",
    K.NOT_CATEGORIES: "does not let Ann’s budget buy",
    K.ONLY_PROVIDERS: "pay only Only Them, and this is from Dales Home Care",
    K.NOT_PROVIDERS: "does not let Ann’s budget pay Dales Home Care",
    K.ORDER_LIMIT: "be £17.99 at most, and this is £18.00",
    K.MONTH_LIMIT: "be £35.99 at most, and with this they would be £36.00",
}


def test_each_kind_of_rule_refuses_in_one_sentence_until_it_ends(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    town, officers = Many(NAME), Officers()
    assert order(town)[0] is PartState.ORDERED  # £18.00 of the month
    for kind, words in WORDS.items():
        rule_id = officers.set(town.people[NAME], kind, **named(town, kind))
        state, why = order(town)
        assert (state, words in (why or "")) == (PartState.REFUSED, True), (kind, why)
        assert why is not None
        assert why.startswith("A rule of Darlington")
        assert why.endswith("or question the rule on Ann’s page of rules.")
        (candidate,) = list_candidates(town.manager, offer_for([town.listing_id])[town.listing_id], 1, None)
        assert (candidate.why_not is not None) is (kind is not K.MONTH_LIMIT)  # the month is counted at the order
        restrictions.end(officers.second, rule_id, reason="No longer needed")
    with monkeypatch.context() as without:  # negative control: without the judge every one of them buys
        officers.set(town.people[NAME], K.ORDER_LIMIT, pence=1)
        without.setattr("budgets.services.rights.judge", lambda *args: restrictions.Judged())
        assert order(town)[0] is PartState.ORDERED
    assert order(town)[0] is PartState.REFUSED


def test_a_limit_is_about_what_the_budget_pays_and_not_about_what_a_card_adds(app: Flask) -> None:
    town, officers = Many(NAME), Officers()
    person_id = town.people[NAME]
    outcome_id = rounds.outcomes_of([person_id])[person_id][0].id
    officers.set(person_id, K.ORDER_LIMIT, pence=1_799)
    lines = [ProposedLine(5_400, "home-care", clock.today(), outcome_id, town.provider_id)]
    judge = partial(judge_order, town.manager, person_id, 5_400, lines)
    assert judge(rail=Rail.COUNCIL_MANAGED, budget_pence=1_799).mandate_id is not None
    assert judge(rail=Rail.OWN_MONEY).mandate_id is not None
    with pytest.raises(LineRefused, match="and this is £18"):
        judge(rail=Rail.COUNCIL_MANAGED, budget_pence=1_800)


def test_a_rule_counts_only_confirmed_and_between_its_days(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    town, officers = Many(NAME), Officers()
    person_id, today = town.people[NAME], clock.today()
    waiting = restrictions.record_rule(officers.first, officers.rule(person_id, K.ORDER_LIMIT, pence=1))
    assert order(town)[0] is PartState.ORDERED
    with pytest.raises(NotAllowed, match="a second officer"):
        restrictions.confirm(officers.first, waiting)
    for stranger in (officers.far, officers.auditor, town.manager):
        with pytest.raises(NotFound):
            restrictions.confirm(stranger, waiting)
        with pytest.raises(NotFound):
            restrictions.record_rule(stranger, officers.rule(person_id, K.SECOND_PERSON))
    with pytest.raises(IntegrityError), transaction():  # the database keeps it when the service would not
        db.session.execute(
            update(Restriction)
            .where(Restriction.id == waiting)
            .values(approved=True, decided_by_user_id=officers.first.user_id, decided_at=clock.now())
        )
    restrictions.confirm(officers.second, waiting)
    assert order(town)[0] is PartState.REFUSED
    restrictions.end(officers.first, waiting, reason="Done")
    later = officers.set(
        person_id, K.ORDER_LIMIT, pence=1, starts_on=today + timedelta(days=2), review_on=today + timedelta(days=9)
    )
    assert order(town)[0] is PartState.ORDERED
    state = get_restriction(later).state
    assert state(today) is RestrictionState.NOT_STARTED
    assert state(today + timedelta(days=90)) is RestrictionState.COUNTS
    assert state(today + timedelta(days=91)) is RestrictionState.OVER
    with transaction():
        db.session.execute(
            update(Restriction)
            .where(Restriction.id == later)
            .values(starts_on=today - timedelta(days=9), review_on=today - timedelta(days=1), ends_on=today)
        )
    assert order(town)[0] is PartState.REFUSED
    with transaction():
        db.session.execute(update(Restriction).where(Restriction.id == later).values(ends_on=today - timedelta(days=1)))
    assert order(town)[0] is PartState.ORDERED  # it ended by itself


def test_a_second_person_agrees_to_each_order_and_what_was_looked_at_is_kept(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, officers = Many(NAME), Officers()
    person_id = town.people[NAME]
    officers.set(person_id, K.SECOND_PERSON)
    state, why = order(town)
    assert (state, "nobody is named yet who could" in (why or "")) == (PartState.REFUSED, True)
    with transaction():
        user_id = UserFactory(name="A Colleague").id
        MembershipFactory(user_id=user_id, organisation_id=town.organisation_id, role=Role.BUDGET_MANAGER)
        MandateFactory(
            person_id=person_id,
            staff=[user_id],
            organisation_id=town.organisation_id,
            actions=(MandateAction.APPROVE, MandateAction.READ_BUDGET),
        )
    assert order(town)[0] is PartState.ASKED
    asked = get_order(orders_of(person_id)[-1].id)
    assert asked.approval is not None
    assert "A rule of Darlington" in asked.approval.why
    noted = db.session.scalar(
        select(OrderHistory.reason).where(OrderHistory.order_id == asked.id).order_by(OrderHistory.id)
    )
    assert noted is not None
    assert "Looked at: the rules of Darlington" in noted
    officers.set(person_id, K.MONTH_LIMIT, pence=1_000)  # set while the order waits
    second, seen = actor_of(user_id), content_digest(asked.id)
    with pytest.raises(LineRefused, match=r"£10\.00 at most, and with this they would be £18\.00"):
        approve(second, asked.approval.id, seen=seen)
    assert get_order(asked.id).state is OrderState.AWAITING_APPROVAL
    monkeypatch.setattr("payments.services.orders.booking.judge_again", lambda *args: None)  # negative control
    approve(second, asked.approval.id, seen=seen)
    assert get_order(asked.id).state is OrderState.PLACED


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": K.ORDER_LIMIT}, "pence"),
        ({"kind": K.NOT_CATEGORIES, "named": ("nothing-of-the-kind",)}, "named"),
        ({"kind": K.ONLY_PROVIDERS, "named": (9_999_999,)}, "named"),
        ({"reason": "  "}, "reason"),
        ({"ends_on": timedelta(days=-1)}, "ends_on"),
        ({"ends_on": timedelta(days=367)}, "ends_on"),
        ({"review_on": timedelta(days=91)}, "review_on"),
        ({"ends_on": timedelta(days=360), "review_on": timedelta(days=185)}, "review_on"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(app: Flask, values: dict[str, object], field: str) -> None:
    officers, town = Officers(), Many(NAME)
    wanted = {"kind": K.SECOND_PERSON} | {
        name: clock.today() + value if isinstance(value, timedelta) else value for name, value in values.items()
    }
    rule = officers.rule(town.people[NAME], wanted.pop("kind"), **{k: v for k, v in wanted.items() if k != "reason"})  # type: ignore[arg-type]
    if "reason" in wanted:
        rule = Rule(**(rule.__dict__ | {"reason": wanted["reason"]}))
    with pytest.raises(DomainError) as refused:
        restrictions.record_rule(officers.first, rule)
    assert refused.value.field == field


def letters() -> list[str]:
    return list(db.session.scalars(select(Email.subject).order_by(Email.id)))


def test_officers_are_reminded_once_before_and_once_on_the_day_and_a_look_puts_it_off(app: Flask) -> None:
    town, officers = Many(NAME), Officers()
    today = clock.today()
    rule_id = officers.set(town.people[NAME], K.SECOND_PERSON, review_on=today + timedelta(days=14))
    assert restrictions.remind() == 1
    assert restrictions.remind() == 0
    with clock.fixed_clock(clock.start_of_day(today + timedelta(days=14)) + timedelta(hours=9)):
        assert restrictions.remind() == 1
        assert sum("look at again" in subject for subject in letters()) == 4  # two officers, twice
        with pytest.raises(DomainError, match="no later than"):
            restrictions.review(officers.first, rule_id, words="Still needed", next_on=today + timedelta(days=91))
        restrictions.review(officers.first, rule_id, words="Still needed", next_on=today + timedelta(days=60))
        assert restrictions.remind() == 0
    assert get_restriction(rule_id).review_on == today + timedelta(days=60)


def test_the_person_reads_and_questions_a_rule_and_an_officer_answers(client: FlaskClient, app: Flask) -> None:
    town, officers = Many(NAME), Officers()
    with transaction():
        user_id = UserFactory(name=NAME, email="ann@example.org").id
        db.session.execute(
            text("UPDATE people SET user_id = :user, email = 'ann@example.org' WHERE id = :id"),
            {"user": user_id, "id": town.people[NAME]},
        )
        stranger = UserFactory().id
    page = f"/people/{town.people[NAME]}/rules"
    sign_in(client, officers.first.user_id or 0)
    new = f"/council/rules/person/{town.people[NAME]}/new?kind=order_limit"
    day = clock.today()
    days = {
        f"{name}-{part}": value
        for name, on in (("starts_on", day), ("ends_on", day + timedelta(days=60)), ("review_on", day))
        for part, value in (("day", on.day), ("month", on.month), ("year", on.year))
    }
    names = f"/council/rules/person/{town.people[NAME]}/new?kind=not_providers"
    looked = submit(client, names, {"q": "Dales", "look": "1", "reason": "Pressed to buy", "named": ["9" * 5000]})
    assert "Dales Home Care" in text_of(looked)
    assert "Pressed to buy" in looked.get_data(as_text=True)  # nothing that was typed is lost
    assert "Enter the most that it may be" in text_of(submit(client, new, {"reason": "Pressed to buy", **days}))
    made = submit(client, new, {"reason": "Pressed to buy", "pence": "50", **days})
    rule_page = str(made.location)
    assert "You wrote it down, so somebody else agrees." in text_of(client.get(rule_page))
    sign_in(client, user_id)
    assert "No rule of a council counts" in text_of(client.get(page))  # it waits: no rule yet
    sign_in(client, officers.second.user_id or 0)
    assert "Rules for one person to agree to" in text_of(client.get("/approvals"))
    submit(client, rule_page, {}, to=f"{rule_page}/confirm")
    sign_in(client, user_id)
    shown = text_of(client.get(page))
    for words in ("One order is £50.00 at most", "Pressed to buy", "Farah First and Sam Second", "Ombudsman"):
        assert words in shown
    assert "Rules of the council" in text_of(client.get(f"/people/{town.people[NAME]}"))
    number = rule_page.rsplit("/", 1)[1]
    assert submit(client, f"{page}/{number}/question", {"words": "Who pressed me?"}).location == page
    sign_in(client, officers.second.user_id or 0)
    asked = text_of(client.get(rule_page))
    assert "Who pressed me?" in asked
    question_id = db.session.scalar(text("SELECT id FROM restriction_questions"))
    db.session.rollback()
    submit(client, rule_page, {"answer": "A man at the door."}, to=f"/council/rules/questions/{question_id}/answer")
    sign_in(client, user_id)
    assert "A man at the door." in text_of(client.get(page))
    record = text_of(client.get(f"/people/{town.people[NAME]}/audit"))
    assert "agreed to a rule for what the budget may buy" in record
    assert "Sam Second" in text_of(client.get(f"/people/{town.people[NAME]}/audit?looks=1"))
    for visitor in (stranger, officers.far.user_id):
        sign_in(client, visitor or 0)
        assert client.get(page).status_code == 404
        assert client.get(rule_page).status_code == 404
    sign_in(client, officers.auditor.user_id or 0)
    listed = text_of(client.get("/council/rules"))
    assert "One order is £50.00 at most" in listed and "To set one" not in listed, "who may set none is not told how"
    assert client.post(f"{rule_page}/end").status_code in (400, 404)
    lines, count = list_of_councils([council().id])
    assert (count, lines[0].questions) == (1, 0)
    acts = set(db.session.scalars(select(AuditRow.action).where(AuditRow.object_type == "restriction")))
    assert acts == {f"restriction.{act}" for act in ("record", "confirm", "question", "answer")}
