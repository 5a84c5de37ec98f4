"""Every page of budgets answers those who may see it, in plain words, and looks like nothing to everybody else."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from budgets.domain import MandateAction
from budgets.models import BudgetLoad, Mandate, PersonalBudget
from budgets.queries.access import find_access
from budgets.queries.book import balance
from budgets.queries.finance import list_changes
from budgets.queries.mandates import MandateState, get_mandate
from budgets.queries.sharing import shares_purchases
from budgets.services import book
from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from tests.browser import Browser, sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.integration.budgets.orders import an_order


class Town:
    """Margaret with a budget and an order, Ann who may act for her, officers of her council, and a stranger."""

    def __init__(self) -> None:
        with transaction():
            self.margaret = UserFactory(name="Margaret Hill", email="margaret@example.org").id
            self.person_id = PersonFactory(name="Margaret Hill", user_id=self.margaret, council_reference="P1").id
            budget = BudgetFactory(person_id=self.person_id, pence=500_000, pot="Respite", reference="B1")
            self.budget_id, self.pot_period_id = budget.id, budget.pot_period_id
            self.ann = UserFactory(name="Ann Lee", email="ann@example.org").id
            self.mandate_id = MandateFactory(person_id=self.person_id, staff=[self.ann]).id
            self.outcome_id = OutcomeFactory(person_id=self.person_id, words="Get out twice a week").id
            self.stranger = UserFactory().id
            PersonFactory(user_id=self.stranger)
            self.team = OrganisationFactory(
                kind=OrganisationKind.COUNCIL, council_id=council().id, email="care@darlington.example"
            ).id
            self.finance = [self._officer(Role.COUNCIL_FINANCE) for _ in range(2)]
            self.auditor = self._officer(Role.AUDITOR)
            self.workers = [self._officer(Role.SOCIAL_WORKER) for _ in range(2)]
            self.lead = self._officer(Role.SAFEGUARDING_LEAD)
            elsewhere = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council("E08000003").id)
            self.elsewhere = [
                user_with_role(role, elsewhere).id
                for role in (Role.COUNCIL_FINANCE, Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD)
            ]
            order_id = an_order(self.person_id)
            values: dict[str, Any] = {
                "order_id": order_id,
                "outcome_id": self.outcome_id,
                "actor_user_id": self.margaret,
                "mandate_id": None,
            }
            book.hold(self.pot_period_id, 5_400, cause="hold:1", **values)
            book.spend(self.pot_period_id, 3_600, cause="spend:1", **values)

    def _officer(self, role: Role) -> int:
        from marketplace.accounts.models import Organisation

        return int(user_with_role(role, db.session.get(Organisation, self.team)).id)


@pytest.fixture
def town(app: Flask) -> Town:
    return Town()


@pytest.fixture
def visit(app: Flask, town: Town) -> Callable[[int | None], FlaskClient]:
    def as_user(user_id: int | None) -> FlaskClient:
        client = Browser(app, app.response_class)
        if user_id is not None:
            sign_in(client, user_id)
        return client

    return as_user


Visit = Callable[[int | None], FlaskClient]


# --- My money -------------------------------------------------------------------------------------------------------


def test_my_money_says_the_four_words_and_each_entry_with_its_outcome(town: Town, visit: Visit) -> None:
    page = text_of(visit(town.margaret).get("/budgets"))
    for words in (
        "My money",
        "Margaret's respite money",
        "£5,000.00 yours for the year",
        "Spent £36.00",
        "Kept aside £18.00",
        "Left now £4,946.00",
        "You can use this money until",
        "Get out twice a week",
        "By Margaret Hill",
        "You do not share what you buy.",
    ):
        assert words in page, words


def test_those_who_may_read_the_budget_see_it_and_nobody_else(town: Town, visit: Visit) -> None:
    address = f"/budgets/{town.person_id}"
    assert "Margaret Hill’s money" in text_of(visit(town.ann).get(address))
    assert visit(town.margaret).get(address).status_code == 200
    for user_id in (town.stranger, *town.finance, *town.workers, town.lead, *town.elsewhere):
        assert visit(user_id).get(address).status_code == 404
    assert visit(town.ann).get("/budgets/99999").status_code == 404
    assert visit(None).get(address).status_code == 302


def test_without_a_budget_the_page_says_how_to_get_one(town: Town, visit: Visit) -> None:
    for user_id in (town.stranger, town.ann):
        page = text_of(visit(user_id).get("/budgets"))
        assert "You have no budget from the council yet." in page
        assert "needs assessment" in page


def test_a_budget_that_ended_and_one_of_nothing_are_shown_in_plain_words(town: Town, visit: Visit) -> None:
    with transaction():
        ended, empty = UserFactory().id, UserFactory().id
        BudgetFactory(person_id=PersonFactory(user_id=ended).id, ended_yesterday=True)
        BudgetFactory(person_id=PersonFactory(user_id=empty).id, pence=0)
        BudgetFactory(person_id=db.session.scalar(select(PersonalBudget.person_id).order_by(PersonalBudget.id.desc())))
    page = text_of(visit(ended).get("/budgets"))
    assert "You have no budget from the council now." in page and "It has ended." in page
    page = text_of(visit(empty).get("/budgets"))
    assert "£0.00 yours for the year" in page and page.count("Left now") == 2


def test_sharing_is_on_and_off_with_one_press(town: Town, visit: Visit) -> None:
    client = visit(town.margaret)
    submit(client, "/budgets", {"on": "1"}, to="/budgets/sharing")
    assert shares_purchases(town.person_id)
    assert "You share what you buy." in text_of(client.get("/budgets"))
    submit(client, "/budgets", {"on": "0"}, to="/budgets/sharing")
    assert not shares_purchases(town.person_id)
    assert client.post("/budgets/sharing", data={"on": "1"}).status_code == 400
    assert not shares_purchases(town.person_id)


def test_the_number_of_queries_does_not_grow_with_the_entries(town: Town, visit: Visit) -> None:
    client = visit(town.margaret)
    few = count_queries(lambda: client.get("/budgets"))
    with transaction():
        order_id = an_order(town.person_id)
        for number in range(40):
            book.hold(
                town.pot_period_id,
                1,
                cause=f"many:{number}",
                order_id=order_id,
                outcome_id=town.outcome_id,
                actor_user_id=town.margaret,
                mandate_id=None,
            )
    assert count_queries(lambda: client.get("/budgets")) == few


def count_queries(work: Callable[[], Any]) -> int:
    statements: list[str] = []

    def remember(*arguments: Any) -> None:
        if arguments[2].startswith("SELECT"):
            statements.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", remember)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", remember)
    return len(statements)


# --- Acting for somebody --------------------------------------------------------------------------------------------


def banner(client: FlaskClient, address: str = "/budgets") -> str | None:
    found = re.search(r"You are acting for <strong>([^<]+)", client.get(address).get_data(as_text=True))
    return found[1] if found else None


def test_one_chooses_a_person_sees_the_banner_and_stops(town: Town, visit: Visit) -> None:
    client = visit(town.ann)
    assert banner(client) is None
    page = text_of(client.get("/people/choose"))
    assert "Who are you buying for?" in page and "Act for Margaret Hill" in page
    answer = submit(client, "/people/choose", {"next": "/mandates"}, to=f"/acting/{town.person_id}")
    assert (answer.status_code, answer.location) == (302, "/mandates")
    assert banner(client) == "Margaret Hill"
    submit(client, "/people/choose", {}, to="/acting/stop")
    assert banner(client) is None


def test_nobody_acts_for_somebody_without_a_right(town: Town, visit: Visit) -> None:
    client = visit(town.stranger)
    answer = submit(client, "/budgets", {}, to=f"/acting/{town.person_id}")
    assert answer.status_code == 404 and banner(client) is None
    client = visit(town.margaret)
    assert submit(client, "/budgets", {}, to=f"/acting/{town.person_id}").status_code == 404


def test_the_banner_goes_when_the_right_ends(town: Town, visit: Visit) -> None:
    client = visit(town.ann)
    submit(client, "/people/choose", {}, to=f"/acting/{town.person_id}")
    with transaction():
        mandate = db.session.get(Mandate, town.mandate_id)
        assert mandate is not None
        mandate.suspended_at = clock.now()
    assert banner(client) is None


def test_two_tabs_that_act_for_two_people_never_mix(town: Town, visit: Visit) -> None:
    with transaction():
        tom = PersonFactory(name="Tom Ray").id
        MandateFactory(person_id=tom, staff=[town.ann])
    client = visit(town.ann)
    submit(client, "/people/choose", {}, to=f"/acting/{town.person_id}")
    submit(client, "/people/choose", {}, to=f"/acting/{tom}")
    assert banner(client) == "Tom Ray"
    assert banner(client, f"/budgets/{town.person_id}") == "Margaret Hill"
    assert banner(client, f"/budgets?for={town.person_id}") == "Margaret Hill"
    assert banner(client, "/budgets?for=99999") is None
    assert banner(client, "/budgets?for=x") is None
    assert banner(client) == "Tom Ray"


def test_the_forms_person_wins_over_the_one_chosen_before(town: Town, app: Flask) -> None:
    from flask_login import login_user

    from budgets.services import acting
    from marketplace.accounts.access import SignedInUser

    with transaction():
        tom = PersonFactory(name="Tom Ray").id
        MandateFactory(person_id=tom, staff=[town.ann])
    user = SignedInUser(actor_of(town.ann), "token", 1)
    for data, bound, expected in (
        ({}, None, "Tom Ray"),
        ({"person_id": str(town.person_id)}, None, "Margaret Hill"),
        ({"person_id": "99999"}, None, None),
        ({}, town.person_id, "Margaret Hill"),
    ):
        with app.test_request_context("/basket", method="POST", data=data) as context:
            login_user(user)
            context.session[acting.SESSION_KEY] = tom
            if bound is not None:
                acting.bind(bound)
            person = acting.acting_for()
            assert (person.name if person else None) == expected


def test_people_are_found_by_part_of_their_name(town: Town, visit: Visit) -> None:
    with transaction():
        for number in range(12):
            MandateFactory(person_id=PersonFactory(name=f"Cora Finch{number}").id, staff=[town.ann])
    client = visit(town.ann)
    page = text_of(client.get("/people/choose?q=hill"))
    assert "Act for Margaret Hill" in page and "Cora" not in page
    assert "Nobody of that name" in text_of(client.get("/people/choose?q=zz"))
    assert "You may not act for anybody else yet" in text_of(visit(town.stranger).get("/people/choose"))
    few = count_queries(lambda: client.get("/people/choose"))
    with transaction():
        for _ in range(30):
            MandateFactory(person_id=PersonFactory().id, staff=[town.ann])
    assert count_queries(lambda: client.get("/people/choose")) == few


# --- Mandates -------------------------------------------------------------------------------------------------------

GRANT = {
    "who": "themself",
    "staff": "ann@example.org",
    "actions": ["read_budget", "order"],
    "order_limit": "75",
    "starts_on-day": "",
}


def grant_data(**changes: object) -> dict[str, object]:
    first, last = clock.today(), clock.today() + timedelta(days=100)
    dates = {
        f"{name}-{part}": getattr(day, part)
        for name, day in (("starts_on", first), ("ends_on", last))
        for part in ("day", "month", "year")
    }
    return GRANT | dates | changes


def test_a_person_lets_somebody_act_and_ends_it_with_one_button(town: Town, visit: Visit) -> None:
    client = visit(town.margaret)
    assert "Ann Lee" in text_of(client.get("/mandates"))
    answer = submit(client, "/mandates/new", grant_data())
    assert answer.status_code == 302
    page = text_of(client.get(answer.location))
    for words in ("Ann Lee for you", "In force now.", "Up to £75.00 an order", "It does not renew itself"):
        assert words in page, words
    mandate_id = int(answer.location.rsplit("/", 1)[1])
    answer = submit(client, "/mandates", {}, to=f"/mandates/{mandate_id}/end")
    assert answer.location == "/mandates"
    assert get_mandate(mandate_id).state is MandateState.ENDED


def test_a_grant_that_cannot_be_keeps_what_was_typed_and_says_what_to_do(town: Town, visit: Visit) -> None:
    client = visit(town.margaret)
    for changes, words in (
        ({"staff": "nobody@example.org"}, "There is no account yet with the email address nobody@example.org"),
        ({"staff": ""}, "Enter the email address of somebody who may act"),
        ({"actions": []}, "Choose at least one thing that they may do"),
        ({"order_limit": "lots"}, "Enter an amount in pounds, like 12.50"),
        ({"ends_on-year": "2020"}, "The last day must be"),
    ):
        page = submit(client, "/mandates/new", grant_data(**changes))
        assert page.status_code == 200
        assert words in text_of(page), words
        assert "There is a problem" in text_of(page)
    assert "nobody@example.org" in submit(client, "/mandates/new", grant_data(staff="nobody@example.org")).get_data(
        as_text=True
    )


def test_mandates_are_seen_by_those_concerned_only(town: Town, visit: Visit) -> None:
    address = f"/mandates/{town.mandate_id}"
    for user_id in (town.margaret, town.ann, *town.workers, town.lead):
        assert visit(user_id).get(address).status_code == 200
    for user_id in (town.stranger, *town.finance, town.auditor, *town.elsewhere):
        assert visit(user_id).get(address).status_code == 404
        client = visit(user_id)
        for act in ("end", "confirm", "pause", "resume", "question"):
            data = {"reason": "x", "words": "x"}
            assert submit(client, "/budgets", data, to=f"{address}/{act}").status_code == 404, act
    assert get_mandate(town.mandate_id).state is MandateState.LIVE


def record_data(**changes: object) -> dict[str, object]:
    return grant_data(
        person_reference="P1", basis="authorised", how="on_paper", evidence="Letter of 3 March", **changes
    )


def test_an_officer_writes_down_and_a_second_one_confirms(town: Town, visit: Visit) -> None:
    first, second = (visit(user_id) for user_id in town.workers)
    answer = submit(first, "/council/mandates/new", record_data())
    assert answer.status_code == 302
    mandate_id = int(answer.location.rsplit("/", 1)[1])
    assert "Confirm this authority" not in text_of(first.get(answer.location))
    assert submit(first, "/mandates/new", {}, to=f"/mandates/{mandate_id}/confirm").status_code == 409
    assert "1 authority waits for a second officer" in text_of(second.get("/council/mandates"))
    assert "Confirm this authority" in text_of(second.get(answer.location))
    submit(second, answer.location, {}, to=f"/mandates/{mandate_id}/confirm")
    assert get_mandate(mandate_id).state is MandateState.LIVE
    page = text_of(visit(town.margaret).get(answer.location))
    assert "Anybody may ask the council to look at that again" in page and "End this now" not in page
    asked = submit(visit(town.margaret), answer.location, {"words": "Why?"}, to=f"/mandates/{mandate_id}/question")
    assert asked.status_code == 302


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"person_reference": "P9"}, "Nobody of your council has this reference."),
        ({"evidence": ""}, "Say what you have seen"),
        ({"basis": ""}, "Choose what gives them the right"),
    ],
)
def test_what_an_officer_cannot_write_down_says_why(
    town: Town, visit: Visit, changes: dict[str, object], words: str
) -> None:
    page = submit(visit(town.workers[0]), "/council/mandates/new", record_data() | changes)
    assert words in text_of(page)


def test_only_officers_open_the_councils_authorities(town: Town, visit: Visit) -> None:
    assert visit(town.lead).get("/council/mandates").status_code == 200
    assert visit(town.lead).get("/council/mandates/new").status_code == 404
    for user_id in (town.margaret, town.ann, town.finance[0]):
        assert visit(user_id).get("/council/mandates").status_code == 404
        assert visit(user_id).get("/council/mandates/new").status_code == 404
    assert "Margaret Hill" not in text_of(visit(town.elsewhere[1]).get("/council/mandates"))


def test_an_officer_pauses_with_a_reason_and_a_lead_lets_it_go_on(town: Town, visit: Visit) -> None:
    address = f"/mandates/{town.mandate_id}"
    worker, lead = visit(town.workers[0]), visit(town.lead)
    assert "Say why, so that the next person knows" in text_of(
        submit(worker, address, {"reason": ""}, to=f"{address}/pause")
    )
    assert submit(worker, address, {"reason": "Worried"}, to=f"{address}/pause").status_code == 302
    assert find_access(actor_of(town.ann), town.person_id, MandateAction.ORDER) is None
    assert "Let it go on" not in text_of(worker.get(address))
    assert "Let it go on" in text_of(lead.get(address))
    submit(lead, address, {"reason": "All well"}, to=f"{address}/resume")
    assert find_access(actor_of(town.ann), town.person_id, MandateAction.ORDER) is not None


# --- Council finance ------------------------------------------------------------------------------------------------


def set_up_data(**changes: object) -> dict[str, object]:
    return (
        grant_data()
        | {
            "council_id": council_id(),
            "person_reference": "P2",
            "person_name": "Tom Ray",
            "postcode": "dl3 7tx",
            "reference": "B2",
            "rail": "council_managed",
            "pot": "Equipment",
            "amount": "1,250",
        }
        | changes
    )


def council_id() -> int:
    with transaction():
        return int(council().id)


def test_finance_sees_its_councils_budgets_and_sets_one_up(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    page = text_of(client.get("/council/budgets"))
    assert "Margaret Hill" in page and "£4,946.00" in page
    answer = submit(client, "/council/budgets/new", set_up_data())
    assert answer.status_code == 302
    page = text_of(client.get(answer.location))
    assert "Tom Ray, B2" in page and "£1,250.00" in page
    assert "Tom Ray" in text_of(client.get("/council/budgets?q=b2"))
    assert "No budgets found" in text_of(client.get("/council/budgets?q=zz&rail=isf&state=ended&overcommitted=1"))
    assert client.get("/council/budgets?rail=x&state=y&page=-3").status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "0"}, "Enter £0.01 or more"),
        ({"amount": "99999999"}, "or less"),
        ({"reference": "B1"}, "There is a budget with this reference already"),
        ({"person_reference": "P1"}, "This reference belongs to somebody with another name"),
        ({"postcode": "DL99"}, "Enter a postcode, like DL3 7TX"),
        ({"rail": "own_money"}, "Choose one of the answers"),
        ({"ends_on-year": "2020"}, "The last day must be on or after the first day"),
    ],
)
def test_a_budget_that_cannot_be_set_up_says_what_to_change(
    town: Town, visit: Visit, changes: dict[str, object], words: str
) -> None:
    page = submit(visit(town.finance[0]), "/council/budgets/new", set_up_data(**changes))
    assert page.status_code == 200 and words in text_of(page)
    assert "Tom Ray" in page.get_data(as_text=True)


def test_a_cut_is_prepared_by_one_and_agreed_by_another_on_the_page(town: Town, visit: Visit) -> None:
    first, second = (visit(user_id) for user_id in town.finance)
    address = f"/council/budgets/{town.budget_id}"
    to = f"{address}/pots/{town.pot_period_id}"
    prefix = f"pot-{town.pot_period_id}-"
    page = submit(first, address, {f"{prefix}amount": "x", f"{prefix}reason": ""}, to=to)
    assert "Enter an amount in pounds" in text_of(page) and "Say why the amount changes" in text_of(page)
    submit(first, address, {f"{prefix}amount": "6000", f"{prefix}reason": "More hours"}, to=to)
    assert balance(town.pot_period_id).allocated_pence == 600_000
    submit(first, address, {f"{prefix}amount": "4000", f"{prefix}reason": "Fewer hours"}, to=to)
    assert balance(town.pot_period_id).allocated_pence == 600_000
    change_id = list_changes(actor_of(town.finance[0]))[0].id
    page = text_of(first.get("/council/budgets"))
    assert "1 cut waits for a second person" in page and "Agree to the cut" not in page
    agree = f"/council/budgets/changes/{change_id}/agree"
    assert submit(first, address, {}, to=agree).status_code == 409
    assert submit(visit(town.elsewhere[0]), "/council/budgets/new", {}, to=agree).status_code == 404
    assert "Agree to the cut" in text_of(second.get("/council/budgets"))
    submit(second, "/council/budgets", {}, to=agree)
    assert balance(town.pot_period_id).allocated_pence == 400_000


def test_a_budget_is_paused_on_its_page(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    address = f"/council/budgets/{town.budget_id}"
    page = submit(client, address, {"state": "suspended", "why": ""}, to=f"{address}/state")
    assert "Say why, so that the next person knows" in text_of(page)
    submit(client, address, {"state": "suspended", "why": "In hospital"}, to=f"{address}/state")
    assert "Paused" in text_of(client.get(address))
    assert "The council has paused this money." in text_of(visit(town.margaret).get("/budgets"))


def test_auditors_read_and_change_nothing_and_other_councils_see_nothing(town: Town, visit: Visit) -> None:
    auditor = visit(town.auditor)
    address = f"/council/budgets/{town.budget_id}"
    assert auditor.get("/council/budgets").status_code == 200
    page = auditor.get(address)
    assert page.status_code == 200 and "Change the amount" not in text_of(page)
    for path in ("/council/budgets/new", "/council/budgets/load"):
        assert auditor.get(path).status_code == 404
    other = visit(town.elsewhere[0])
    assert other.get(address).status_code == 404
    assert "Margaret" not in text_of(other.get("/council/budgets"))
    for path in (f"{address}/state", f"{address}/pots/{town.pot_period_id}"):
        assert submit(other, "/council/budgets/new", {"state": "ended", "why": "x"}, to=path).status_code == 404
    for user_id in (town.margaret, town.ann, town.stranger, town.workers[0]):
        assert visit(user_id).get("/council/budgets").status_code == 404


def test_the_list_takes_the_same_number_of_queries_for_many_budgets(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    few = count_queries(lambda: client.get("/council/budgets"))
    with transaction():
        for _ in range(30):
            BudgetFactory()
    assert count_queries(lambda: client.get("/council/budgets")) == few


# --- Files ----------------------------------------------------------------------------------------------------------

FILE = (
    "reference,person_reference,name,postcode,rail,pot,amount,starts_on,ends_on,review_on\n"
    "B5,P5,Ida Cole,DL3 7TX,dp,Respite,5200.00,2026-04-01,31/03/2027,\n"
    "B6,P6,=HYPERLINK(1),DL3 7TX,cash machine,,5,2026-04-01,2027-03-31,\n"
    "B7,P7,Al Day,,isf,,£12,2026-04-01,soon,\n"
)


def upload(client: FlaskClient, text: str = FILE, name: str = "budgets.csv") -> Any:
    data = {"council_id": council_id(), "file": (BytesIO(text.encode()), name)}
    return submit(client, "/council/budgets/load", data, content_type="multipart/form-data")


def test_a_file_with_two_bad_rows_is_looked_at_confirmed_and_reported(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    answer = upload(client)
    assert answer.status_code == 302
    page = text_of(client.get(answer.location))
    for words in (
        "Nothing is changed yet.",
        "Sum of the amounts of good rows £5,200.00",
        "2 rows were refused",
        "rail is none of direct_payment, council_managed or isf",
        "ends_on is not a date: write it like 2026-04-01 or 01/04/2026.",
        "Take 1 good row",
    ):
        assert words in page, words
    submit(client, answer.location, {}, to=f"{answer.location}/confirm")
    page = text_of(client.get(answer.location))
    assert "New budgets 1" in page and "Refused 2" in page and "Take 1 good row" not in page
    assert "Ida Cole" in text_of(client.get("/council/budgets?q=P5"))
    refused = client.get(f"{answer.location}/refused.csv")
    assert refused.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = refused.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert lines[0].startswith("Row in the file,What to do,reference,person_reference")
    assert lines[1].startswith("3,") and "'=HYPERLINK(1)" in lines[1]
    again = upload(client, FILE.replace("cash machine", "managed"))
    assert "No change 1" in text_of(client.get(again.location))


def test_the_refused_rows_mended_in_their_own_file_can_be_loaded(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    first = upload(client)
    mended = client.get(f"{first.location}/refused.csv").get_data(as_text=True)
    mended = mended.replace("cash machine", "managed").replace("soon", "2027-03-31").replace("'=HYPERLINK(1)", "Bo Lee")
    page = text_of(client.get(upload(client, mended).location))
    assert "New budgets 2" in page and "Refused rows 0" in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "This file is empty."),
        ("a,b\n1,2\n", "No row of this file has the headings"),
        ("PK\x03\x04", "Save it as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_beside_its_box(town: Town, visit: Visit, text: str, words: str) -> None:
    page = upload(visit(town.finance[0]), text)
    assert page.status_code == 200 and words in text_of(page)
    assert db.session.scalar(select(BudgetLoad.id)) is None


def test_no_file_at_all_and_one_of_50_megabytes_are_clear_pages(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    page = submit(client, "/council/budgets/load", {"council_id": council_id()}, content_type="multipart/form-data")
    assert "Choose a CSV file" in text_of(page)
    body = b"--edge\r\n" + b"x" * 50_000_000 + b"\r\n--edge--\r\n"
    page = client.post("/council/budgets/load", data=body, content_type="multipart/form-data; boundary=edge")
    assert page.status_code == 413 and "That file is too large" in text_of(page)


def test_files_of_another_council_are_not_there(town: Town, visit: Visit) -> None:
    location = upload(visit(town.finance[0])).location
    other = visit(town.elsewhere[0])
    for path in (location, f"{location}/refused.csv"):
        assert other.get(path).status_code == 404
    assert submit(other, "/council/budgets/load", {}, to=f"{location}/confirm").status_code == 404
    data = {"council_id": council_id(), "file": (BytesIO(FILE.encode()), "x.csv")}
    page = submit(other, "/council/budgets/load", data, content_type="multipart/form-data")
    assert "Choose one of the answers" in text_of(page)
    assert db.session.scalar(select(PersonalBudget.id).where(PersonalBudget.reference == "B5")) is None


def test_the_example_can_be_loaded_as_it_is(town: Town, visit: Visit) -> None:
    client = visit(town.finance[0])
    example = client.get("/council/budgets/load/example.csv").get_data(as_text=True)
    assert "New budgets 1" in text_of(client.get(upload(client, example).location))
