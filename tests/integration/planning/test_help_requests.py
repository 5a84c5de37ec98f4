"""Providers are asked for help without learning for whom; answers are compared; one becomes an order as any other."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from budgets.models import Mandate, Person
from catalogue.models import Listing
from catalogue.services.index import reindex
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.models import AuditRow
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from marketplace.planning.help_requests import AnswerState, RequestState
from marketplace.planning.models import HelpAnswer, HelpRequest
from marketplace.planning.queries.help_requests import get_request, list_answers, list_asked
from marketplace.planning.routes import help_requests
from marketplace.planning.services import help_requests as requests
from marketplace.planning.services.help_requests import Offered, Wanted
from payments.queries.checkouts import get_plan
from payments.services import checkout
from tests.browser import Browser, sign_in, submit, text_of
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.integration.planning.world import World, somebody

WORDS = "Help with breakfast and a wash, from somebody who likes dogs"


class Asking(World):
    """Margaret, her social worker, and three providers near by, of which the last has nobody who signs in."""

    def __init__(self) -> None:
        super().__init__()
        with transaction():
            db.session.execute(update(Person).values(address="18 Quince Street", postcode="DL3 7TX"))
        self.officer = self.holder(role=Role.SOCIAL_WORKER, order_limit_pence=50_000)
        self.listings: dict[str, int] = {}
        self.providers: dict[str, Actor] = {}
        with transaction():
            for name, pence, is_staffed in (("Acorn", 2_400, True), ("Birch", 2_000, True), ("Nobody", 1_800, False)):
                provider = ProviderFactory(organisation_name=name)
                self.listings[name] = ListingFactory(
                    provider=provider, price_pence=pence, in_darlington=True, accepts_council_managed=True
                ).id
                if is_staffed:
                    user = UserFactory(email=f"{name.lower()}@provider.example")
                    MembershipFactory(user_id=user.id, organisation_id=provider.organisation_id, role=Role.PROVIDER)
                    self.providers[name] = user.id
        self.providers = {name: actor_of(user_id) for name, user_id in self.providers.items()}
        reindex()

    def organisation(self, name: str) -> int:
        return self.providers[name].memberships[0].organisation_id

    def wanted(self, **changed: object) -> Wanted:
        today = clock.today()
        values = {
            "category_slug": "home-care",
            "words": WORDS,
            "times": "Tuesday mornings",
            "starts_on": today + timedelta(14),
            "rail": Rail.COUNCIL_MANAGED,
            "answer_by": today + timedelta(7),
            "outcome_id": self.outcome_id,
        }
        return Wanted(**(values | changed))  # type: ignore[arg-type]

    def ask(self) -> int:
        """A request that both who can be reached were asked."""
        request_id = requests.prepare(self.officer, self.person_id, self.wanted())
        both = [self.organisation(name) for name in self.providers]
        requests.send(self.officer, self.person_id, request_id, both)
        return request_id

    def answer_id(self, name: str) -> int:
        return db.session.scalars(
            select(HelpAnswer.id).where(HelpAnswer.organisation_id == self.organisation(name))
        ).one()

    def offer(self, name: str, quantity: int = 2) -> None:
        offered = Offered(self.listings[name], quantity, clock.today() + timedelta(14), f"{name} comes gladly")
        requests.offer(self.providers[name], self.answer_id(name), offered)


@pytest.fixture
def asking(app: Flask) -> Asking:
    return Asking()


def emails(to: str) -> list[str]:
    db.session.rollback()
    return [
        f"{row.subject}\n{row.body}"
        for row in db.session.scalars(select(Email).where(Email.to_address == to).order_by(Email.id))
    ]


def state(request_id: int) -> RequestState:
    db.session.rollback()
    return db.session.get_one(HelpRequest, request_id).state


def test_from_the_words_to_the_order_and_the_kind_no(asking: Asking, app: Flask) -> None:
    officer, provider = Browser(app), Browser(app)
    sign_in(officer, asking.officer.user_id or 0)
    home = f"/people/{asking.person_id}/requests"
    form = {
        "outcome": asking.outcome_id,
        "category": "home-care",
        "words": "Breakfast with Margaret",
        "times": "Tuesday mornings",
        "rail": "council_managed",
        **_day("starts_on", 14),
        **_day("answer_by", 7),
    }
    refused = submit(officer, f"{home}/new", form)
    assert "Take out “Margaret”" in text_of(refused) and "Tuesday mornings" in refused.get_data(as_text=True)
    page = submit(officer, f"{home}/new", form | {"words": WORDS}, follow_redirects=True)
    shown = text_of(page)
    assert "could help" in shown and "Acorn" in shown and "Birch" in shown and "Nobody" not in shown
    assert "DL3, Darlington" in shown
    request_id = db.session.scalars(select(HelpRequest.id)).one()
    none = submit(officer, f"{home}/{request_id}", {}, to=f"{home}/{request_id}/send")
    assert "Choose at least one provider." in text_of(none)
    both = [asking.organisation(name) for name in asking.providers]
    submit(officer, f"{home}/{request_id}", {"providers": both}, to=f"{home}/{request_id}/send")
    assert state(request_id) is RequestState.SENT

    sign_in(provider, asking.providers["Acorn"].user_id or 0)
    listed = provider.get("/provider/requests")
    answer = provider.get(f"/provider/requests/{asking.answer_id('Acorn')}")
    letters = "".join(emails("acorn@provider.example"))
    for words in (listed.get_data(as_text=True), answer.get_data(as_text=True), letters):
        assert WORDS in words and "DL3, Darlington" in words
        for secret in ("Margaret", "Hill", "7TX", "Quince", f"/people/{asking.person_id}"):
            assert secret not in words
    given = {"listing": asking.listings["Acorn"], "quantity": 0, "words": "We come gladly", **_day("starts_on", 15)}
    address = f"/provider/requests/{asking.answer_id('Acorn')}"
    wrong = submit(provider, address, given)
    assert "We come gladly" in wrong.get_data(as_text=True) and "There is a problem" in text_of(wrong)
    no = submit(provider, address, {"decline_words": "We are full. " * 20}, to=f"{address}/decline")
    assert text_of(no).count("Use 200 characters or fewer") == 2
    assert no.get_data(as_text=True).count("We are full.") == 20, "what was typed is there to be cut"
    submit(provider, address, given | {"quantity": 3})
    asking.offer("Birch")

    compared = text_of(officer.get(f"{home}/{request_id}"))
    assert compared.index("Birch") < compared.index("Acorn")
    assert "£40.00" in compared and "£72.00" in compared and "We come gladly" in compared
    answer_to = submit(
        officer,
        f"{home}/{request_id}",
        {"answer": asking.answer_id("Birch")},
        to=f"{home}/{request_id}/choose",
    )
    assert re.match(r"/checkout/\d+", answer_to.location)
    assert state(request_id) is RequestState.CHOSEN
    order_id = _ordered(asking, int(answer_to.location.split("/")[2]))
    assert requests.settle() == 1 and requests.settle() == 0
    assert state(request_id) is RequestState.ORDERED
    assert db.session.get_one(HelpAnswer, asking.answer_id("Birch")).order_id == order_id
    told = emails("acorn@provider.example")[-1]
    assert "Thank you for your offer. Somebody else was chosen this time." in told
    assert not any("Somebody else" in each for each in emails("birch@provider.example"))
    assert "The others were thanked" in text_of(officer.get(f"{home}/{request_id}"))
    actions = set(db.session.scalars(select(AuditRow.action).where(AuditRow.object_type == "help_request")))
    assert actions >= {"request.prepare", "request.send", "request.offer", "request.choose", "request.order"}
    assert "asked providers for help" in text_of(officer.get(f"/people/{asking.person_id}/audit"))


def _day(name: str, days: int) -> dict[str, object]:
    day = clock.today() + timedelta(days)
    return {f"{name}-day": day.day, f"{name}-month": day.month, f"{name}-year": day.year}


def _ordered(asking: Asking, checkout_id: int) -> int:
    officer = asking.officer
    checkout.say_who(officer, checkout_id)
    checkout.choose_way(officer, checkout_id, f"pot:{asking.pot_period_id}")
    plan = get_plan(officer, checkout_id)
    delivery = {"name": "Margaret Hill", "phone": "", "address": "18 Quince Street", "postcode": "DL3 7TX", "notes": ""}
    outcomes = {part.organisation_id: asking.outcome_id for part in plan.parts}
    checkout.say_purpose(officer, checkout_id, outcomes=outcomes, delivery=delivery)
    plan = get_plan(officer, checkout_id)
    (order_id,) = checkout.place(officer, checkout_id, key=plan.checkout.key, seen=plan.digest).order_ids
    return order_id


def test_an_offer_that_changed_is_not_taken_and_another_can_be_chosen_instead(asking: Asking) -> None:
    request_id = asking.ask()
    asking.offer("Acorn")
    asking.offer("Birch")
    with transaction():
        db.session.execute(update(Listing).where(Listing.id == asking.listings["Birch"]).values(price_pence=2_100))
    with pytest.raises(NotAllowed, match="price has changed since they answered"):
        requests.choose(asking.officer, asking.person_id, request_id, asking.answer_id("Birch"))
    asking.offer("Birch")  # answered anew, at the price of today
    first = requests.choose(asking.officer, asking.person_id, request_id, asking.answer_id("Acorn"))
    second = requests.choose(asking.officer, asking.person_id, request_id, asking.answer_id("Birch"))
    assert first == second
    lines = [line.listing_id for part in get_plan(asking.officer, second).parts for line in part.lines]
    assert lines == [asking.listings["Birch"]]
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(HelpAnswer).values(chosen_at=clock.now()))


def test_without_the_look_at_the_price_a_dearer_one_would_be_chosen(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = asking.ask()
    asking.offer("Birch")
    with transaction():
        db.session.execute(update(Listing).where(Listing.id == asking.listings["Birch"]).values(price_pence=9_900))
    monkeypatch.setattr("marketplace.planning.queries.help_requests._why_not", lambda offer, row: None)
    checkout_id = requests.choose(asking.officer, asking.person_id, request_id, asking.answer_id("Birch"))
    assert get_plan(asking.officer, checkout_id).total_pence == 2 * 9_900


def test_who_asks_answers_and_chooses(asking: Asking) -> None:
    request_id = asking.ask()
    stranger, other = somebody(), asking.holder(role=Role.BUDGET_MANAGER, actions=["read_budget"])
    for actor in (stranger, other, asking.worker(), asking.providers["Acorn"]):
        with pytest.raises(NotFound):
            get_request(actor, asking.person_id, request_id)
        with pytest.raises(NotFound):
            requests.prepare(actor, asking.person_id, asking.wanted())
    answer_id = asking.answer_id("Acorn")
    for actor in (stranger, asking.officer, asking.providers["Birch"]):
        with pytest.raises(NotFound):
            requests.decline(actor, answer_id, None)
    offered = Offered(asking.listings["Birch"], 1, clock.today() + timedelta(9), None)
    with pytest.raises(DomainError, match="Choose what you offer"):
        requests.offer(asking.providers["Acorn"], answer_id, offered)  # another provider's listing
    asking.offer("Acorn")
    with transaction():
        db.session.execute(update(Mandate).values(ended_at=clock.now()))
    with pytest.raises(NotFound):
        requests.choose(asking.officer, asking.person_id, request_id, answer_id)
    assert requests.choose(asking.margaret, asking.person_id, request_id, answer_id)


def test_days_and_ends(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    today = clock.today()
    for field, changed in (
        ("answer_by", {"answer_by": today}),
        ("answer_by", {"answer_by": today + timedelta(29), "starts_on": today + timedelta(40)}),
        ("starts_on", {"starts_on": today + timedelta(3)}),
    ):
        with pytest.raises(DomainError) as refused:
            requests.prepare(asking.officer, asking.person_id, asking.wanted(**changed))
        assert refused.value.field == field
    request_id = asking.ask()
    requests.decline(asking.providers["Birch"], asking.answer_id("Birch"), "We are full until May")
    with clock.fixed_clock(clock.start_of_day(today + timedelta(8)) - timedelta(seconds=1)):
        asking.offer("Acorn")  # the last second of the last day, in London
    with clock.fixed_clock(clock.start_of_day(today + timedelta(8))):
        with pytest.raises(NotAllowed, match="Answers could be given until"):
            asking.offer("Birch")
        answers = {answer.provider_name: answer for answer in list_answers(request_id)}
        assert answers["Birch"].state is AnswerState.DECLINED and answers["Birch"].words == "We are full until May"
    with clock.fixed_clock(clock.now() + timedelta(days=21)):
        assert requests.end_old() == 0
    with clock.fixed_clock(clock.now() + timedelta(days=22)):
        assert requests.end_old() == 1 and requests.end_old() == 0
    assert state(request_id) is RequestState.ENDED
    assert "Nobody was chosen in time" in emails("acorn@provider.example")[-1]
    assert len(emails("birch@provider.example")) == 1  # who said no hears nothing more
    again = asking.ask()
    requests.withdraw(asking.officer, asking.person_id, again)
    requests.withdraw(asking.officer, asking.person_id, again)
    assert "not looked for any more" in emails("birch@provider.example")[-1]
    with pytest.raises(NotAllowed, match="has ended"):
        requests.send(asking.officer, asking.person_id, again, [asking.organisation("Acorn")])


def test_what_a_provider_has_to_answer_stands_before_all_it_answered_whatever_is_newer(
    asking: Asking, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    acorn = asking.organisation("Acorn")
    for days, words in ((6, "Waits longer"), (3, "Waits for Friday"), (7, "Said no to")):
        wanted = asking.wanted(words=words, answer_by=clock.today() + timedelta(days))
        request_id = requests.prepare(asking.officer, asking.person_id, wanted)
        requests.send(asking.officer, asking.person_id, request_id, [acorn])
    requests.decline(asking.providers["Acorn"], list_asked(acorn)[-1].answer_id, "Full")
    assert [each.words for each in list_asked(acorn)] == ["Waits for Friday", "Waits longer", "Said no to"]
    monkeypatch.setattr(help_requests, "PAGE", 2)
    sign_in(client, asking.providers["Acorn"].user_id or 0)
    first, second = (text_of(client.get(f"/provider/requests?page={page}")) for page in (1, 99))
    assert ("Waits for Friday" in first, "Waits longer" in first, "Said no to" in first) == (True, True, False)
    assert ("Waits longer" in second, "Said no to" in second) == (False, True)
