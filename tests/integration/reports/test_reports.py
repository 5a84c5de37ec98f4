"""What a council reads of its purchases: whose count, in which month, and what is never shown."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from budgets.models import Consent
from catalogue.models import SearchMiss
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_council
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.reports import queries
from marketplace.reports.domain import Dimension, Period, Report
from payments.domain import OrderState
from tests.browser import sign_in, text_of
from tests.factories.accounts import council, user_with_role
from tests.factories.budgets import ConsentFactory
from tests.integration.desk.desks import statements
from tests.integration.reports.purchases import NOW, Town, a_reader, a_town, another_provider, buy, people

TODAY = NOW.date()


def _report(town: Town, **asked: object) -> Report:
    db.session.rollback()
    fields = {"council": get_council(town.council_id), "period": Period(2026)} | asked
    return queries.load_report(queries.Asked(**fields)).report  # type: ignore[arg-type]


def _shown(report: Report, dimension: Dimension) -> dict[object, tuple[int | None, int | None]]:
    return {figure.value: (figure.pence, figure.people) for figure in report.tables[dimension].figures}


def test_what_was_agreed_to_from_budgets_is_summed_to_the_penny(app: Flask) -> None:
    town = a_town()
    six, seven = people(town, 6), people(town, 7, postcode="DL1 1AA")
    buy(town, six, pence=2_401)
    buy(town, seven, pence=1_000, category="gardening", rail=Rail.DIRECT_PAYMENT)
    report = _report(town)
    assert (report.whole.pence, report.whole.people, report.whole.lines) == (6 * 2_401 + 7_000, 13, 13)
    assert _shown(report, Dimension.CATEGORY) == {"home-care": (14_406, 6), "gardening": (7_000, 7)}
    assert _shown(report, Dimension.AREA) == {"DL3": (14_406, 6), "DL1": (7_000, 7)}
    assert _shown(report, Dimension.RAIL) == {"council_managed": (14_406, 6), "direct_payment": (7_000, 7)}
    assert _shown(report, Dimension.MONTH) == {7: (21_406, 13)}
    assert _shown(report, Dimension.PROVIDER) == {town.organisation_id: (21_406, 13)}


@pytest.mark.parametrize(
    "state", [state for state in OrderState if state not in (OrderState.CONFIRMED, OrderState.CLOSED)]
)
def test_what_is_not_agreed_to_does_not_count(app: Flask, state: OrderState) -> None:
    town = a_town()
    buy(town, people(town, 6), state=state)
    assert _report(town).is_empty


def test_money_given_back_is_taken_off(app: Flask) -> None:
    town = a_town()
    six = people(town, 6)
    buy(town, six, pence=2_400, refunded_pence=400)
    buy(town, six, pence=2_400, refunded_pence=2_400)
    assert _report(town).whole.pence == 12_000


def test_another_councils_purchases_are_not_seen(app: Flask) -> None:
    here, there = a_town(), a_town("E06000004")
    buy(there, people(there, 6))
    assert _report(here).is_empty
    assert _report(there).whole.people == 6


def test_own_money_counts_only_while_the_person_agrees_to_share_it(app: Flask) -> None:
    town = a_town()
    six = people(town, 6)
    buy(town, six, rail=Rail.OWN_MONEY)
    assert _report(town).is_empty
    with transaction():
        for person_id in six:
            ConsentFactory(person_id=person_id)
    assert _report(town).whole.pence == 14_400
    with transaction():
        db.session.execute(update(Consent).where(Consent.person_id == six[0]).values(withdrawn_at=clock.now()))
    assert (_report(town).whole.pence, _report(town).whole.people) == (12_000, 5)
    with transaction():
        db.session.execute(update(Consent).values(withdrawn_at=clock.now()))
    assert _report(town).is_empty


def test_a_month_is_londons(app: Flask) -> None:
    town = a_town()
    six = people(town, 6)
    for at in (
        datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC),  # clocks have gone back: still October in London
        datetime(2026, 11, 1, 0, 0, 0, tzinfo=UTC),
        datetime(2026, 4, 30, 22, 59, 59, tzinfo=UTC),  # summer time: 23:59:59 on 30 April
        datetime(2026, 4, 30, 23, 0, 0, tzinfo=UTC),  # 1 May
        datetime(2026, 3, 31, 22, 59, 59, tzinfo=UTC),  # the year before
    ):
        buy(town, six, at=at)
    months = _shown(_report(town), Dimension.MONTH)
    assert {month: money for month, (money, _) in months.items()} == {0: 14_400, 1: 14_400, 6: 14_400, 7: 14_400}
    assert _report(town, period=Period(2025)).whole.pence == 14_400


def test_fewer_than_five_people_are_hidden_and_what_protects_them(app: Flask) -> None:
    town = a_town()
    buy(town, people(town, 20, postcode="DL1 1AA"), pence=5_000)
    buy(town, people(town, 9, postcode="DL2 2AA"), pence=1_000)
    buy(town, people(town, 4, postcode="DL3 7TX"), pence=3_333)
    report = _report(town)
    assert report.whole.pence == 100_000 + 9_000 + 13_332
    assert _shown(report, Dimension.AREA) == {"DL1": (100_000, 20), "DL2": (None, None), "DL3": (None, None)}


def test_a_whole_of_four_people_is_not_shown_at_all(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    buy(town, people(town, 4), pence=7_777)
    report = _report(town)
    assert report.whole.pence is None
    assert all(not figure.is_shown for table in report.tables.values() for figure in table.figures)
    a_reader(client)
    page = client.get("/reports").get_data(as_text=True)
    assert "fewer than 5" in page
    assert "77.77" not in page
    assert "311.08" not in page


def test_narrowed_pages_cannot_be_taken_from_each_other(app: Flask) -> None:
    """Four people of DL3 had gardening: neither DL3's nor gardening's page may give away how much."""
    town = a_town()
    one, two, three = (people(town, 10, postcode=f"DL{n} 1AA") for n in (1, 2, 3))
    buy(town, one + two + three, pence=2_400)
    buy(town, one + two, pence=1_000, category="gardening")
    buy(town, three[:4], pence=1_234, category="gardening")
    by_category = _report(town, area="DL3").tables[Dimension.CATEGORY]
    by_area = _report(town, category="gardening").tables[Dimension.AREA]
    hidden_here = {figure.value for figure in by_category.figures if not figure.is_shown}
    hidden_there = {figure.value for figure in by_area.figures if not figure.is_shown}
    assert "gardening" in hidden_here
    assert "DL3" in hidden_there
    whole = _report(town, area="DL3").whole
    assert len(hidden_here) >= 2 or not whole.is_shown
    assert len(hidden_there) >= 2 or not _report(town, category="gardening").whole.is_shown
    for area in ("DL1", "DL2"):
        other = _shown(_report(town, area=area), Dimension.CATEGORY)
        assert (other["gardening"] == (None, None)) == (area in hidden_there)


def test_two_narrowings_take_apart_only_what_is_about_enough_people(app: Flask) -> None:
    town = a_town()
    ten = people(town, 10)
    buy(town, ten, pence=2_400)
    buy(town, ten, pence=1_000, category="gardening", rail=Rail.DIRECT_PAYMENT)
    open_ = _report(town, category="gardening", area="DL3")
    assert (open_.whole.pence, open_.whole.people) == (10_000, 10)
    assert _shown(open_, Dimension.RAIL) == {"direct_payment": (10_000, 10)}
    buy(town, ten[:2], pence=1_000, category="gardening", rail=Rail.ISF)
    buy(town, people(town, 10, postcode="DL1 1AA"), pence=1_000, category="gardening")
    closed = _report(town, category="gardening", area="DL3")
    assert closed.tables[Dimension.RAIL].is_closed


def test_a_narrowing_that_leaves_nothing_out_takes_nothing_away(app: Flask) -> None:
    """Everything here is of one area: choosing it as well must not close the page."""
    town = a_town()
    buy(town, people(town, 20), pence=1_000, category="gardening")
    buy(town, people(town, 7), pence=2_000, category="gardening", rail=Rail.DIRECT_PAYMENT)
    buy(town, people(town, 2), pence=3_000)
    plain, both = _report(town, category="gardening"), _report(town, category="gardening", area="DL3")
    assert both.whole == plain.whole
    assert _shown(both, Dimension.RAIL) == _shown(plain, Dimension.RAIL)
    assert not both.tables[Dimension.RAIL].is_closed


def test_a_closed_page_says_so_and_gives_its_whole(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    ten = people(town, 10)
    buy(town, ten, pence=1_000, category="gardening")
    buy(town, ten[:7], pence=1_000, category="gardening", rail=Rail.DIRECT_PAYMENT)
    buy(town, people(town, 8, postcode="DL1 1AA"), pence=1_000, category="gardening")
    buy(town, ten[:3], pence=1_000, category="gardening", at=NOW - timedelta(days=30))
    buy(town, ten, pence=2_000)
    a_reader(client)
    words = text_of(client.get("/reports?category=gardening&area=DL3"))
    assert "Take one of the narrowings away" in words
    assert "Nothing has been agreed" not in words


def test_prices_are_the_least_the_middle_and_the_most(app: Flask) -> None:
    town = a_town()
    six = people(town, 6)
    buy(town, six[:3], pence=2_000, quantity=1)
    buy(town, six[3:5], pence=2_500, quantity=4)
    buy(town, six[5:], pence=4_000, quantity=1)
    buy(town, six[:4], pence=1_000, category="gardening")
    (price,) = _report(town).prices
    assert (price.category, price.unit) == ("home-care", "hour")
    assert (price.least_pence, price.middle_pence, price.most_pence) == (2_000, 2_500, 4_000)


def test_own_money_is_compared_where_enough_people_paid_each_way(app: Flask) -> None:
    town = a_town()
    ten = people(town, 10)
    with transaction():
        for person_id in ten:
            ConsentFactory(person_id=person_id)
    buy(town, ten[:5], pence=2_000)
    buy(town, ten[5:9], pence=2_600, rail=Rail.OWN_MONEY)
    assert _report(town).comparisons == ()
    buy(town, ten[9:], pence=2_600, rail=Rail.OWN_MONEY)
    (comparison,) = _report(town).comparisons
    assert (comparison.own_pence, comparison.budget_pence, comparison.own_more_pence) == (2_600, 2_000, 600)


def _miss(words: str, outcode: str, times: int, on_day: date = TODAY) -> None:
    with transaction():
        db.session.execute(insert(SearchMiss).values(words=words, outcode=outcode, on_day=on_day, times=times))


def test_words_looked_for_fewer_than_five_times_are_left_out(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    _miss("hoist hire", "DL3", 3)
    _miss("hoist hire", "DL1", 2)
    _miss("a rare thing", "DL3", 4)
    _miss("elsewhere only", "M1", 9)
    _miss("last year", "DL3", 9, NOW.date() - timedelta(days=300))
    _miss("no place", "", 6)
    db.session.rollback()
    loaded = queries.load_report(queries.Asked(get_council(town.council_id), Period(2026)))
    assert [(each.words, each.times) for each in loaded.missed] == [("hoist hire", 5)]
    assert [(each.words, each.times) for each in loaded.missed_anywhere] == [("no place", 6)]
    a_reader(client)
    words = text_of(client.get("/reports"))
    assert "“hoist hire” was looked for 5 times near here and not found." in words
    assert "a rare thing" not in words


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.AUDITOR, Role.COUNCIL_FINANCE, Role.OPERATOR])
def test_those_who_may_read_a_councils_report_do(app: Flask, client: FlaskClient, role: Role) -> None:
    town = a_town()
    buy(town, people(town, 6))
    a_reader(client, role)
    words = text_of(client.get("/reports"))
    assert "What was bought in Darlington" in words
    assert "£144.00 was spent so far in November 2026, for 6 people." in words
    assert "Margaret" not in words


@pytest.mark.parametrize("role", [role for role in Role if role not in (*queries.READERS, Role.OPERATOR)])
def test_everybody_else_finds_nothing(app: Flask, client: FlaskClient, role: Role) -> None:
    with transaction():
        user_id = user_with_role(role).id
    sign_in(client, user_id)
    for page in ("/reports", "/reports/understand", "/reports/export/category.csv"):
        assert client.get(page).status_code == 404


def test_another_councils_report_is_not_there(app: Flask, client: FlaskClient) -> None:
    there = a_town("E06000004")
    buy(there, people(there, 6))
    a_reader(client)
    for page in ("/reports", "/reports/export/category.csv"):
        assert client.get(page, query_string={"council": there.council_id}).status_code == 404
    assert client.get("/reports?council=x").status_code == 404


def test_the_operator_chooses_among_councils_that_joined(app: Flask, client: FlaskClient) -> None:
    there = a_town("E06000004")
    with transaction():
        council()
    buy(there, people(there, 6))
    a_reader(client, Role.OPERATOR)
    page = text_of(client.get("/reports", query_string={"council": there.council_id}))
    assert "Stockton" in page
    assert "£144.00" in page


@pytest.mark.parametrize(
    "query",
    [
        "period=x&category=nothing&rail=card&area=ZZ9",
        "period=1999-13",
        "period=2031-32",
        "area=not-known",
        "name=1&endpoint=2&print=1&_external=1",
        "category=" + "x" * 500,
    ],
)
def test_any_address_gives_a_page(app: Flask, client: FlaskClient, query: str) -> None:
    town = a_town()
    buy(town, people(town, 6, postcode=None))
    a_reader(client)
    assert client.get(f"/reports?{query}").status_code == 200
    assert client.get(f"/reports/export/area.csv?{query}").status_code == 200


def test_people_without_a_postcode_are_an_area_of_their_own(app: Flask) -> None:
    town = a_town()
    buy(town, people(town, 6, postcode=None))
    assert _shown(_report(town), Dimension.AREA) == {None: (14_400, 6)}
    assert _report(town, area=queries.NOT_KNOWN).whole.people == 6


def test_the_page_costs_the_same_at_ten_and_at_a_thousand_rows(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    a_reader(client)
    some = people(town, 10)
    buy(town, some)
    counts = []
    for more in (0, 100):
        if more:
            organisation_id, listing_id = another_provider(town)
            for number in range(more):
                buy(
                    town,
                    some,
                    pence=1_000 + number,
                    category=("home-care", "gardening", "cleaning")[number % 3],
                    at=NOW - timedelta(days=number),
                    organisation_id=organisation_id,
                    listing_id=listing_id,
                )
        db.session.rollback()
        client.get("/reports")
        with statements() as found:
            assert client.get("/reports").status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_the_sentences_say_what_was_spent_and_what_changed(app: Flask, client: FlaskClient) -> None:
    town = a_town()
    ten = people(town, 10)
    september, october = NOW - timedelta(days=60), NOW - timedelta(days=30)
    for at, gardening in ((september, 1_000), (october, 3_000), (NOW, 9_000)):
        buy(town, ten, pence=2_000, at=at)
        buy(town, ten, pence=gardening, category="gardening", at=at)
    a_reader(client)
    words = text_of(client.get("/reports"))
    assert "£1,100.00 was spent so far in November 2026, for 10 people. All of October 2026 came to £500.00." in words
    assert "Gardening changed most: £300.00 in October 2026 after £100.00 in September 2026." in words
    assert "Most was spent on gardening, £1,300.00" in words
    assert "<svg" in client.get("/reports").get_data(as_text=True)
    assert "How reports are made" in text_of(client.get("/reports/understand"))


def test_without_a_council_the_operator_is_led_to_let_one_begin(app: Flask, client: FlaskClient) -> None:
    a_reader(client, Role.OPERATOR)
    response = client.get("/reports", follow_redirects=True)
    assert "Let a council begin" in text_of(response)
    assert client.get("/reports/export/area.csv").status_code == 404
