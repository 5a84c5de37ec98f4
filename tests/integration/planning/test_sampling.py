"""A sample of purchases: drawn as said, looked at with a reason, answered, passed on, counted, and never one's own."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from budgets.domain.interests import InterestKind
from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.models import Email
from marketplace.planning.queries.sampling import counts_of, get_sample, list_items
from marketplace.planning.sampling import Answer, Draw, Risk
from marketplace.planning.services import sampling
from payments.domain import OrderState
from payments.models import Order
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, council, user_with_role
from tests.integration.planning.counting import queries_of
from tests.integration.planning.town_of_many import Many

NAME = "Ann Able"


class Team:
    """Finance, an auditor and a safeguarding lead of Ann's council, finance of another, and what Bea bought for Ann."""

    def __init__(self) -> None:
        self.town = Many(NAME)
        with transaction():
            team = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council().id)
            far = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council("E08000003").id)
            ids = [
                user_with_role(Role.COUNCIL_FINANCE, team, name="Farah Finance").id,
                user_with_role(Role.AUDITOR, team, name="Ada Auditor").id,
                user_with_role(Role.SAFEGUARDING_LEAD, team, email="lead@council.example").id,
                user_with_role(Role.COUNCIL_FINANCE, far).id,
            ]
        self.finance, self.auditor, self.lead, self.far = (actor_of(user_id) for user_id in ids)

    def order(self, **fields: object) -> int:
        return self.town.order(NAME, council_id=council().id, **{"outcome_id": None} | fields)  # type: ignore[arg-type]

    def wanted(self, **how: object) -> sampling.Wanted:
        today = clock.today()
        draw = Draw(**({"seed": "s", "share": 100, "most_random": 100} | how))  # type: ignore[arg-type]
        return sampling.Wanted(council().id, today - timedelta(days=90), today, "October", draw)

    def draw(self, actor: Actor, **how: object) -> int:
        db.session.rollback()
        return sampling.draw(actor, self.wanted(**how))


def picked(sample_id: int) -> dict[int, set[str]]:
    db.session.rollback()
    return {item.order.id: set(item.risks) for item in list_items(sample_id)}


def test_every_rule_finds_its_purchase_and_the_same_seed_draws_the_same(app: Flask) -> None:
    team = Team()
    first = team.order(days_ago=80)  # serves no outcome, and the first from this provider
    large = team.order(days_ago=50, quantity=30)
    linked = team.order(days_ago=10, interest=InterestKind.LINKED)
    done = team.order(days_ago=60, state=OrderState.CONFIRMED)
    with clock.fixed_clock(clock.now() + timedelta(days=1)):
        rules = picked(team.draw(team.finance))
        assert rules[first] >= {Risk.FIRST_WITH_PAYEE, Risk.OUTSIDE_PLAN}
        assert Risk.LARGE in rules[large]
        assert Risk.FIRST_WITH_PAYEE not in rules[large]
        assert Risk.LINKED in rules[linked]
        assert Risk.NO_EVIDENCE in rules[done]
        again = team.draw(team.finance, risks=(), share=50)
        assert list(picked(again)) == list(picked(team.draw(team.auditor, risks=(), share=50)))
        assert len(picked(again)) == 2
    assert get_sample(team.auditor, again).population == 4
    with pytest.raises(NotFound):
        get_sample(team.far, again)
    for stranger in (team.far, team.lead, team.town.manager):
        with pytest.raises(NotFound):
            sampling.draw(stranger, team.wanted())
    for field, how in (
        ("share", {"share": 101}),
        ("per_rule", {"per_rule": -1}),
        ("most_random", {"most_random": 501}),
    ):
        with pytest.raises(DomainError) as refused:
            team.draw(team.finance, **how)
        assert refused.value.field == field


def test_nobody_draws_or_looks_at_their_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team()
    mine, theirs = team.order(), team.order()
    with transaction():
        db.session.execute(update(Order).where(Order.id == mine).values(buyer_user_id=team.finance.user_id))
    assert set(picked(team.draw(team.finance))) == {theirs}
    sample_id = team.draw(team.auditor)
    assert set(picked(sample_id)) == {mine, theirs}
    item_id = next(item.id for item in list_items(sample_id) if item.order.id == mine)
    with pytest.raises(NotFound):
        sampling.look(team.finance, item_id, "A look at my own")
    monkeypatch.setattr("marketplace.planning.services.sampling.is_own", lambda *args: False)  # negative control
    sampling.look(team.finance, item_id, "A look at my own")


def test_a_purchase_is_looked_at_with_a_reason_answered_passed_on_counted_and_exported(
    client: FlaskClient, app: Flask
) -> None:
    team = Team()
    for _ in range(3):
        team.order()
    sign_in(client, team.auditor.user_id or 0)
    form = {"reason": "October", "large": "500", "per_rule": "1", "share": "100", "most_random": "2", "seed": "s"}
    assert "Enter a number" in text_of(submit(client, "/council/samples", {**form, "share": ""}))
    day = clock.today()
    days = {
        f"{name}-{part}": value
        for name, on in (("starts_on", day - timedelta(days=90)), ("ends_on", day))
        for part, value in (("day", on.day), ("month", on.month), ("year", on.year))
    }
    page = str(submit(client, "/council/samples", {**form, **days}).location)
    assert "2 purchases of 3 picked, 0 looked at" in text_of(client.get(page))
    first, second = [f"/council/samples/items/{item.id}" for item in list_items(int(page.rsplit("/", 1)[1]))]
    hidden = text_of(client.get(first))
    assert "Help at home" not in hidden  # the reason comes first
    assert "Say why you look" in text_of(submit(client, first, {"reason": " "}))
    submit(client, first, {"reason": "It was picked"})
    shown = text_of(client.get(first))
    for words in ("Help at home", "With whose leave", "Serves no outcome", "No receipt or invoice"):
        assert words in shown
    said = {"answer": Answer.SAFEGUARDING, "words": "Nobody knows who asked for this"}
    sign_in(client, team.lead.user_id or 0)
    assert client.get(first).status_code == 404  # nothing was passed on yet
    sign_in(client, team.auditor.user_id or 0)
    assert submit(client, first, said).location == second
    letters = db.session.execute(select(Email.to_address, Email.body).where(Email.subject.contains("passed on"))).all()
    assert [letter.to_address for letter in letters] == ["lead@council.example"]
    assert "Nobody knows" not in letters[0].body  # no words of it in a letter
    submit(client, second, {"reason": "It was picked"})
    submit(client, second, {"answer": Answer.ASK_MANAGER, "words": "=What was it for?"})
    assert db.session.scalar(select(Email.body).where(Email.subject.contains("A question about order"))) is not None
    assert "2 looked at, 2 answered, 2 not all right" in text_of(client.get(page))
    assert "'=What was it for?" in client.get(f"{page}.csv").get_data(as_text=True)
    submit(client, second, {"answer": Answer.ALL_RIGHT, "words": "A receipt came"})
    (whole,) = counts_of(int(page.rsplit("/", 1)[1]))[-1:]
    assert (whole.answered, whole.found) == (2, 1)
    sign_in(client, team.town.manager_id)
    looks = text_of(client.get(f"/people/{team.town.people[NAME]}/audit?looks=1"))
    assert "looked at an order that was picked for a sample" in looks
    assert "It was picked" in looks
    acts = text_of(client.get(f"/people/{team.town.people[NAME]}/audit"))
    assert "A receipt came" in acts
    assert "Nobody knows" not in acts  # whoever acts for the person is not told of a worry
    sign_in(client, team.far.user_id or 0)
    assert client.get(page).status_code == client.get(first).status_code == 404
    sign_in(client, team.lead.user_id or 0)
    assert client.get(page).status_code == client.get(second).status_code == 404  # only what was passed on
    submit(client, first, {"reason": "It was passed on to me"})
    assert "Nobody knows who asked for this" in text_of(client.get(first))


def test_an_auditor_reads_the_samples_of_others_and_pages_cost_the_same_for_many(
    client: FlaskClient, app: Flask
) -> None:
    team = Team()
    for _ in range(3):
        team.order()
    few = team.draw(team.finance)
    for _ in range(5):
        team.order()
    many = team.draw(team.finance)
    sign_in(client, team.auditor.user_id or 0)
    client.get("/council/samples")
    assert queries_of(client, f"/council/samples/{many}") == queries_of(client, f"/council/samples/{few}")
    item_id = list_items(few)[0].id
    sampling.look(team.auditor, item_id, "To see how it is done")
    with pytest.raises(NotFound):
        sampling.answer(team.auditor, item_id, Answer.ALL_RIGHT, "Fine")
    sampling.look(team.finance, item_id, "It was picked")
    sampling.answer(team.finance, item_id, Answer.ALL_RIGHT, "Fine")
    assert "Council finance answers" in text_of(client.get(f"/council/samples/items/{item_id}"))
