"""My money says the same four words to those who may see it, and how to get a budget where there is none."""

import re

from sqlalchemy import select

from budgets.models import PersonalBudget
from budgets.queries.sharing import shares_purchases
from budgets.services import book
from marketplace.database import db, transaction
from tests.browser import submit, text_of
from tests.factories.accounts import UserFactory
from tests.factories.budgets import BudgetFactory, PersonFactory
from tests.integration.budgets.orders import an_order
from tests.integration.budgets.town import Town, Visit, count_queries


def test_my_money_says_the_four_words_and_each_entry_with_its_outcome(town: Town, visit: Visit) -> None:
    page = text_of(visit(town.margaret).get("/budgets"))
    for words in (
        "My money",
        "Margaret’s respite money",
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


def test_my_money_leads_to_the_statement_and_to_who_did_what(town: Town, visit: Visit) -> None:
    for user_id, address in ((town.margaret, "/budgets"), (town.ann, f"/budgets/{town.person_id}")):
        client = visit(user_id)
        links = re.findall(r'href="(/people/\d+/(?:statement|audit))"', client.get(address).get_data(as_text=True))
        assert len(links) == 2
        for link in links:
            assert client.get(link).status_code == 200, link


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
