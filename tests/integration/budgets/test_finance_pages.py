"""Council finance lists, sets up, changes and pauses budgets on pages; auditors read; others find nothing."""

import pytest

from budgets import files
from budgets.queries.book import balance
from budgets.queries.finance import list_changes
from marketplace.accounts.queries import actor_of
from marketplace.database import transaction
from tests.browser import submit, text_of
from tests.factories.budgets import BudgetFactory
from tests.integration.budgets.town import Town, Visit, council_id, count_queries, grant_data


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
    for sign in ("%25", "_"):
        assert "No budgets found" in text_of(client.get(f"/council/budgets?q={sign}")), "it stands for itself"
    assert client.get("/council/budgets?rail=x&state=y&page=-3").status_code == 200
    last = text_of(client.get("/council/budgets?q=b2&page=99"))
    assert "1 budget for 1 person: “b2”" in last and "Tom Ray" in last


def test_the_list_of_budgets_is_a_file_narrowed_alike(
    town: Town, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = visit(town.finance[0])
    submit(client, "/council/budgets/new", set_up_data(person_name="+Tom Ray"))
    address = "/council/budgets.csv"
    assert f'href="{address}?q=b2"' in client.get("/council/budgets?q=b2").get_data(as_text=True)
    whole, one = (client.get(f"{address}{asked}").get_data(as_text=True).splitlines() for asked in ("", "?q=b2"))
    assert len(whole) == 4 and whole[-1].startswith("sum,") and "Margaret Hill" in whole[2]
    assert one[1].startswith("'+Tom Ray,B2,") and one[2] == "sum,,,,,,,1250.00,0.00,0.00,1250.00,"
    assert len(client.get(f"{address}?q=nobody").get_data(as_text=True).splitlines()) == 2
    assert "Margaret" not in visit(town.elsewhere[0]).get(address).get_data(as_text=True)
    assert "Margaret" in visit(town.auditor).get(address).get_data(as_text=True)
    for user_id in (town.margaret, town.stranger, town.workers[0]):
        assert visit(user_id).get(address).status_code == 404
    monkeypatch.setattr(files, "harmless", lambda text: text)  # the control: a formula gets through
    assert client.get(f"{address}?q=b2").get_data(as_text=True).splitlines()[1].startswith("+Tom Ray")


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
        ({"ends_on-year": "2126"}, "The last day must be on or after the first day, within ten years of it"),
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
