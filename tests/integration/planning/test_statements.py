"""A statement begins where the month before ended, holds every entry of its London month, and sums to its end."""

import csv
import io
import random
import zipfile
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets.domain import EntryKind
from budgets.queries.book import balance
from budgets.services import book
from marketplace.audit.queries import list_for_person
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.rails import Rail
from marketplace.planning.queries.statements import get_statement
from marketplace.planning.services import evidence
from marketplace.planning.statement_files import as_csv
from payments.domain import OrderState
from tests.browser import sign_in, text_of
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.payments import OrderFactory
from tests.integration.budgets.orders import an_order
from tests.integration.planning.counting import queries_of
from tests.integration.planning.test_evidence import a_file
from tests.integration.planning.world import A, World, somebody

YEAR = (date(2026, 4, 6), date(2027, 4, 5))


def _at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


def _pot(pence: int = 100_000, **fields: object) -> tuple[int, int]:
    """A person with one pot for the year 2026/27, loaded on 6 April 2026; answers person and pot period."""
    with clock.fixed_clock(_at(2026, 4, 6, 9)), transaction():
        budget = BudgetFactory(starts_on=YEAR[0], ends_on=YEAR[1], pence=pence, **fields)
        return budget.person_id, budget.pot_period_id


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_each_month_sums_to_its_end_and_begins_where_the_last_one_ended(app: Flask, seed: int) -> None:
    dice = random.Random(seed)
    person_id, first = _pot()
    with clock.fixed_clock(_at(2026, 4, 6, 9)), transaction():
        second = BudgetFactory(person_id=person_id, starts_on=YEAR[0], ends_on=YEAR[1], pence=5_000).pot_period_id
    moment = _at(2026, 4, 7, 8)
    with clock.fixed_clock(moment), transaction():
        order_id = an_order(person_id)
    for number in range(60):
        moment += timedelta(hours=dice.randrange(1, 160))
        act = dice.choice((book.hold, book.hold, book.release, book.spend, book.refund))
        with clock.fixed_clock(moment):
            try:
                with transaction():
                    act(
                        dice.choice((first, second)),
                        dice.randrange(1, 3_000),
                        cause=f"dice:{seed}:{number}",
                        order_id=order_id,
                        outcome_id=None,
                        actor_user_id=None,
                        mandate_id=None,
                    )
            except DomainError:
                continue
    end = moment
    with clock.fixed_clock(end):
        months = [date(2026, 4, 1)]
        while months[-1] < clock.first_of_month(clock.today()):
            months.append(clock.next_month(months[-1]))
        statements = [get_statement(person_id, month) for month in months]
    for statement in statements:
        for pot in statement.pots:
            assert pot.opening.left_pence + sum(line.left_change_pence for line in pot.lines) == pot.closing.left_pence
            assert not pot.lines or pot.lines[-1].left_after_pence == pot.closing.left_pence
    whole = get_statement(person_id, months[0], min(len(months), 12))
    assert whole.opening == statements[0].opening
    assert [line for pot in whole.pots for line in pot.lines if pot.pot_period_id == first] == [
        line for each in statements[:12] for pot in each.pots for line in pot.lines if pot.pot_period_id == first
    ]
    for before, after in pairwise(statements):
        assert {pot.pot_period_id: pot.closing for pot in before.pots} == {
            pot.pot_period_id: pot.opening for pot in after.pots
        }
    for pot in statements[-1].pots:
        now = balance(pot.pot_period_id)
        assert (pot.closing.left_pence, pot.closing.held_pence, pot.closing.spent_pence) == (
            now.left_pence,
            now.held_pence,
            now.net_spent_pence,
        )


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (_at(2026, 6, 30, 22, 59, 59), date(2026, 6, 1)),
        (_at(2026, 6, 30, 23, 0, 1), date(2026, 7, 1)),  # midnight in London in summer
        (_at(2026, 11, 30, 23, 59, 59), date(2026, 11, 1)),
        (_at(2026, 12, 1, 0, 0, 1), date(2026, 12, 1)),
    ],
)
def test_months_are_cut_at_midnight_in_london(app: Flask, moment: datetime, month: date) -> None:
    person_id, pot = _pot()
    with clock.fixed_clock(moment), transaction():
        book.allocate(pot, 777, cause="more", actor_user_id=None, reason="More hours")
    with clock.fixed_clock(_at(2027, 2, 1)):
        for tried in (date(2026, 6, 1), date(2026, 7, 1), date(2026, 11, 1), date(2026, 12, 1)):
            amounts = [line.pence for pot in get_statement(person_id, tried).pots for line in pot.lines]
            assert amounts == ([777] if tried == month else [])


def test_a_pot_is_shown_in_the_months_of_its_year_and_when_something_happens_after(app: Flask) -> None:
    person_id, pot = _pot()
    with clock.fixed_clock(_at(2027, 3, 1)), transaction():
        order_id = an_order(person_id)
        about = {"order_id": order_id, "outcome_id": None, "actor_user_id": None, "mandate_id": None}
        book.hold(pot, 500, cause="h", **about)
        book.spend(pot, 500, cause="s", **about)
    with clock.fixed_clock(_at(2027, 6, 10)), transaction():
        book.refund(pot, 200, cause="r", **about)
    with clock.fixed_clock(_at(2027, 8, 1)):
        shown = {month: len(get_statement(person_id, date(2027, month, 1)).pots) for month in (3, 4, 5, 6, 7)}
        june = get_statement(person_id, date(2027, 6, 1))
    assert shown == {3: 1, 4: 1, 5: 0, 6: 1, 7: 0}
    assert june.sum_of(EntryKind.REFUND) == 200
    assert (june.opening.left_pence, june.closing.left_pence) == (99_500, 99_700)


def test_the_page_names_provider_what_outcome_and_money(client: FlaskClient, app: Flask) -> None:
    world = World(state=OrderState.CONFIRMED)
    sign_in(client, world.user_id)
    words = text_of(client.get(f"/people/{world.person_id}/statement"))
    assert "Help at home, 3 hours" in words
    assert "See people and get out of the house twice a week" in words
    assert "Council budget, reference PB-" in words
    assert "Kept aside £54.00 £4,946.00" in words
    assert "Spent £54.00 £4,946.00" in words
    assert "This month has not ended" in words


@pytest.mark.parametrize("month", ["2026-13", "x", "", "2026-1", "9999-12", "0001-01", "2026-02-30"])
def test_a_month_that_makes_no_sense_shows_this_month(client: FlaskClient, app: Flask, month: str) -> None:
    world = World()
    sign_in(client, world.user_id)
    response = client.get(f"/people/{world.person_id}/statement?month={month}")
    assert response.status_code == 200
    assert "This month has not ended" in text_of(response)


def test_the_file_for_a_spreadsheet_says_the_same_as_the_page_and_runs_nothing(client: FlaskClient, app: Flask) -> None:
    with transaction():
        person = PersonFactory(name="=HYPERLINK(1)")
        budget = BudgetFactory(person_id=person.id, rail=Rail.DIRECT_PAYMENT, pence=10_000)
        outcome = OutcomeFactory(person_id=person.id, words="=cmd|' /C calc'!A0")
        OrderFactory(
            person_id=person.id,
            rail=Rail.DIRECT_PAYMENT,
            pot_period_id=budget.pot_period_id,
            outcome_id=outcome.id,
            state=OrderState.CONFIRMED,
        )
        person_id = person.id
    rows = list(csv.reader(io.StringIO(as_csv(get_statement(person_id, clock.today())))))
    assert all(len(row) == 13 for row in rows)
    assert [row[3] for row in rows[1:]] == [
        "Left at the beginning",
        "Agreed for the budget",
        "Kept aside",
        "Spent",
        "Left at the end",
    ]
    changes = [row[9] for row in rows[1:]]
    assert changes == ["", "100.00", "-54.00", "0.00", ""]
    assert rows[-1][10] == "46.00"
    assert not any(cell[:1] in "=@" for row in rows for cell in row if cell)


def test_the_file_is_handed_over_with_its_month_and_person_in_its_name(client: FlaskClient, app: Flask) -> None:
    world = World()
    sign_in(client, world.user_id)
    response = client.get(f"/people/{world.person_id}/statement.csv?month=2026-01")
    assert response.headers["Content-Disposition"] == f'attachment; filename="statement-2026-01-{world.person_id}.csv"'
    assert response.get_data(as_text=True).startswith("\ufeffDate,Money,")


def test_a_statement_takes_as_many_queries_for_one_entry_as_for_forty(client: FlaskClient, app: Flask) -> None:
    world, other = World(), World()
    with transaction():
        for _ in range(20):
            OrderFactory(person_id=other.person_id, pot_period_id=other.pot_period_id, unit_price_pence=100)
    counts = []
    for each in (world, other):
        sign_in(client, each.user_id)
        counts.append(queries_of(client, f"/people/{each.person_id}/statement"))
    assert counts[0] == counts[1] <= 14


def test_a_receipt_stands_on_the_last_line_of_its_order_on_the_page_in_the_file_and_on_paper(
    client: FlaskClient, app: Flask
) -> None:
    world = World(state=OrderState.CONFIRMED)
    evidence.hand_in(world.margaret, world.order_id, a_file(name="till slip.pdf"))
    shown = get_statement(world.person_id, clock.today())
    lines = [(line.kind, [file.file_name for file in line.evidence]) for pot in shown.pots for line in pot.lines]
    assert lines == [(EntryKind.ALLOCATE, []), (EntryKind.HOLD, []), (EntryKind.SPEND, ["till slip.pdf"])]
    rows = list(csv.reader(io.StringIO(as_csv(shown))))
    assert [row[12] for row in rows] == ["Beside it", "", "", "", "Receipt till slip.pdf", ""]
    home = f"/people/{world.person_id}/statement"
    sign_in(client, world.user_id)
    assert "for order" in text_of(client.get(home))
    whole, easy = (pdf_words(client.get(f"{home}{kind}").data) for kind in (".pdf", "-easy.pdf"))
    assert "Statement for Margaret Hill" in whole and "Beside it: receipt" in whole
    assert "£4,946.00" in whole
    for words in ("Your money", "For Margaret", "You spent £54.00.", "Help at home, 3 hours", "£4,946.00"):
        assert words in easy
    stranger = somebody()
    sign_in(client, stranger.user_id or 0)
    for kind in ("", ".csv", ".pdf", "-easy.pdf"):
        assert client.get(f"{home}{kind}").status_code == 404


def test_a_longer_period_begins_where_its_first_month_does_and_nonsense_is_one_month(
    client: FlaskClient, app: Flask
) -> None:
    person_id, pot = _pot()
    with clock.fixed_clock(_at(2026, 6, 20)), transaction():
        book.allocate(pot, 777, cause="more", actor_user_id=None, reason="More hours")
    with clock.fixed_clock(_at(2026, 8, 1)):
        quarter = get_statement(person_id, date(2026, 5, 9), 3)
    assert (quarter.month, quarter.last_day, quarter.period) == (
        date(2026, 5, 1),
        date(2026, 7, 31),
        "May 2026 to July 2026",
    )
    assert (quarter.before, quarter.after, quarter.months) == (date(2026, 2, 1), date(2026, 8, 1), 3)
    assert (quarter.opening.left_pence, quarter.closing.left_pence) == (100_000, 100_777)
    for months in (0, 13):
        with pytest.raises(ValueError, match="one to twelve"):
            get_statement(person_id, date(2026, 5, 1), months)
    world = World()
    sign_in(client, world.user_id)
    for asked in ("2", "-1", "x", "999", "3"):
        page = f"/people/{world.person_id}/statement?months={asked}"
        assert "Left at the beginning" in text_of(client.get(page)), "three months have not begun: one is shown"


def test_a_manager_takes_everybody_home_at_once_and_each_person_reads_that(client: FlaskClient, app: Flask) -> None:
    worlds = [World(state=OrderState.CONFIRMED) for _ in range(3)]
    manager = worlds[0].holder()
    with transaction():
        MandateFactory(person_id=worlds[1].person_id, staff=[manager.user_id])
        MandateFactory(person_id=worlds[2].person_id, staff=[manager.user_id], actions=(A.ORDER,))
    sign_in(client, manager.user_id or 0)
    page = text_of(client.get("/caseload/statements"))
    assert "2 people. Left at the beginning £0.00, spent £108.00, left at the end £9,892.00." in page
    answer = client.get("/caseload/statements.zip")
    assert answer.content_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    month = f"{clock.today():%Y-%m}"
    expected = {
        f"Margaret-Hill-{world.person_id}/statement-{month}-{world.person_id}{ending}"
        for world in worlds[:2]
        for ending in (".pdf", "-easy.pdf", ".csv")
    }
    assert set(archive.namelist()) == expected | {"all-people.csv"}
    summary = list(csv.reader(io.StringIO(archive.read("all-people.csv").decode("utf-8-sig"))))
    assert [row[-1] for row in summary[1:]] == ["4946.00", "4946.00", "9892.00"]
    assert client.get("/caseload/statements.zip").data == answer.data, "equal statements are equal bytes"
    for world in worlds:
        looked = [line.details["page"] for line in list_for_person(world.person_id, only=("person.look",))]
        assert looked == (["statement"] if world is not worlds[2] else []), "once a day, and only who was taken"
    sign_in(client, worlds[0].user_id)
    assert client.get("/caseload/statements").status_code == 404
    assert client.get("/caseload/statements.zip").status_code == 404


def test_everybody_takes_as_many_queries_for_one_person_as_for_eleven(client: FlaskClient, app: Flask) -> None:
    world = World(state=OrderState.CONFIRMED)
    manager = world.holder()
    sign_in(client, manager.user_id or 0)
    one = queries_of(client, "/caseload/statements")
    for _ in range(10):
        other = World(state=OrderState.CONFIRMED)
        with transaction():
            MandateFactory(person_id=other.person_id, staff=[manager.user_id])
    assert queries_of(client, "/caseload/statements") == one <= 16


def pdf_words(data: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())
