"""What a council's people spent goes out once, in files that stay the same bytes."""

import csv
import io
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from budgets.models import BudgetEntry, Person
from budgets.services import book
from marketplace.accounts.domain import SYSTEM, Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments.cli.exports import export_spending
from payments.models import SpendingExport, SpendingExportLine
from payments.queries.spending_exports import content_of, list_exports
from payments.services import spending_exports as exports
from payments.spending_file import Layout, columns_of
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import council, user_with_role
from tests.factories.budgets import BudgetFactory, PersonFactory
from tests.factories.payments import OrderFactory
from tests.races import at_once, errors


class Town:
    """Somebody with a budget, an order, and money spent on it."""

    def __init__(self) -> None:
        with transaction():
            self.user_id = user_with_role(Role.COUNCIL_FINANCE).id
            self.person_id = PersonFactory(council_reference="C-1", name="=Ida Cole").id
            budget = BudgetFactory(person_id=self.person_id, reference="PB-1", pot="Respite")
            self.pot_period_id, self.council_id = budget.pot_period_id, council().id
            order = OrderFactory(person_id=self.person_id, buyer_user_id=self.user_id, council_id=self.council_id)
            self.order_id, self.order_reference = order.id, order.reference
        self.spent = 0

    @property
    def actor(self) -> Actor:
        return actor_of(self.user_id)

    def spend(self, pence: int) -> None:
        with transaction():
            self.spend_now(pence)

    def spend_now(self, pence: int) -> None:
        self.spent += 1
        common = {"order_id": self.order_id, "outcome_id": None, "actor_user_id": self.user_id, "mandate_id": None}
        book.hold(self.pot_period_id, pence, cause=f"hold:{self.spent}", **common)
        book.spend(self.pot_period_id, pence, cause=f"spend:{self.spent}", **common)

    def give_back(self, pence: int) -> None:
        with transaction():
            book.refund(
                self.pot_period_id,
                pence,
                cause=f"back:{pence}",
                order_id=self.order_id,
                outcome_id=None,
                actor_user_id=self.user_id,
                mandate_id=None,
            )

    def make(self) -> list[dict[str, str]]:
        export_id = exports.make(self.actor, self.council_id)
        return rows_of(content_of(export_id)) if export_id is not None else []


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture
def town(app: Flask) -> Town:
    return Town()


def test_each_file_has_what_is_new_and_its_control_totals(town: Town) -> None:
    town.spend(1_250)
    town.give_back(50)
    first = town.make()
    line, back, total = first
    today = clock.today().isoformat()
    assert (line["person"], line["budget"], line["pot"], line["date"]) == ("C-1", "PB-1", "Respite", today)
    assert (line["order"], line["kind"], line["amount"]) == (town.order_reference, "spent", "12.50")
    assert (back["kind"], back["amount"], line["account"]) == ("given back", "-0.50", "care and support")
    assert (total["run"], total["line"], total["amount"]) == ("control total", "2", "12.00")
    assert "Ida" not in str(first)
    assert town.make() == []
    town.spend(100)
    assert [row["amount"] for row in town.make()] == ["1.00", "1.00"]
    assert [(each.number, each.entry_count, each.pence) for each in list_exports(town.actor)] == [
        (2, 1, 100),
        (1, 2, 1_200),
    ]


def test_a_file_is_the_same_bytes_after_everything_about_it_changed(town: Town) -> None:
    town.spend(500)
    export_id = exports.make(SYSTEM, town.council_id) or 0
    before = content_of(export_id)
    exports.set_layout(town.actor, town.council_id, Layout((("person", "Client"), ("amount", "Value")), "X1"))
    town.spend(600)
    with transaction():
        db.session.execute(update(Person).values(council_reference="C-9", name="Somebody Else"))
    assert content_of(export_id) == before
    assert town.make() == [{"Client": "C-9", "Value": "6.00"}, {"Client": "control total", "Value": "6.00"}]
    with transaction():
        db.session.execute(update(SpendingExportLine).values(facts={"split": {"": 1}, "person": "C-1", "date": ""}))
    with pytest.raises((NotAllowed, KeyError)):
        content_of(export_id)


def test_an_entry_that_commits_late_is_in_the_next_file(town: Town, app: Flask, database: str) -> None:
    """Its number was drawn before the file was made, and is below those in the file."""
    if database == "sqlite":
        pytest.skip("SQLite has one writer: nothing commits late")
    drawn, made = threading.Event(), threading.Event()

    def late() -> None:
        with app.app_context(), transaction():
            number = db.session.scalar(select(func.nextval("budget_entries_id_seq")))
            drawn.set()
            made.wait(20)
            columns = [c.name for c in BudgetEntry.__table__.columns]
            first = db.session.execute(select(BudgetEntry.__table__).where(BudgetEntry.kind == "spend")).first()
            assert first is not None
            values = dict(zip(columns, first, strict=True)) | {"id": number, "cause": "late"}
            db.session.execute(BudgetEntry.__table__.insert().values(values))

    town.spend(100)
    thread = threading.Thread(target=late)
    thread.start()
    drawn.wait(20)
    town.spend(200)
    first = town.make()
    highest = db.session.scalar(select(func.max(SpendingExportLine.entry_id))) or 0
    made.set()
    thread.join()
    assert [row["amount"] for row in first] == ["1.00", "2.00", "3.00"]
    late_id = db.session.scalar(select(BudgetEntry.id).where(BudgetEntry.cause == "late")) or 0
    assert late_id < highest  # what a mark of the highest number would never look at again
    assert [row["amount"] for row in town.make()] == ["1.00", "1.00"]


def test_two_at_once_share_nothing(town: Town, app: Flask) -> None:
    for number in range(1, 6):
        town.spend(number)
    made = at_once(app, [lambda: exports.make(SYSTEM, town.council_id)] * 4)
    assert errors(made) == []
    assert sorted(each is not None for each in made) == [False, False, False, True]
    assert db.session.scalar(select(func.count(SpendingExportLine.entry_id))) == 5


def test_by_night_files_are_made_for_who_wants_them_and_laid_in_the_folder_once(town: Town, app: Flask) -> None:
    town.spend(700)
    exports.make_nightly()
    assert db.session.scalar(select(func.count(SpendingExport.id))) == 0
    exports.set_layout(town.actor, town.council_id, Layout(nightly=True))
    exports.make_nightly()
    exports.make_nightly()
    path = app.extensions["settings"].marketplace_data / "exports" / "spending-E06000005-000001.csv"
    assert [row["amount"] for row in rows_of(path.read_bytes())] == ["7.00", "7.00"]
    path.unlink()  # as when somebody died between the making and the laying
    exports.make_nightly()
    assert path.exists() and db.session.scalar(select(func.count(SpendingExport.id))) == 1


def test_only_finance_makes_files_and_sets_columns(town: Town) -> None:
    with transaction():
        auditor_id = user_with_role(Role.AUDITOR).id
    town.spend(100)
    for act in (
        lambda actor: exports.make(actor, town.council_id),
        lambda actor: exports.set_layout(actor, town.council_id, Layout()),
    ):
        with pytest.raises(NotFound):
            act(actor_of(auditor_id))
    assert town.make()
    assert len(list_exports(actor_of(auditor_id))) == 1


@pytest.mark.parametrize(
    ("chosen", "word"),
    [
        ([("amount", "")], "your reference of the person"),
        ([("person", "")], "The file needs its money"),
        ([("person", "A"), ("amount", "a")], "headed “a”"),
        ([("colour", "")], "Choose what each column holds"),
    ],
)
def test_columns_that_no_system_could_take_in_are_refused(chosen: list[tuple[str, str]], word: str) -> None:
    with pytest.raises(DomainError, match=word):
        columns_of(chosen)


def test_the_pages_make_a_file_fetch_it_and_change_its_columns(town: Town, client: FlaskClient) -> None:
    town.spend(900)
    sign_in(client, town.user_id)
    page = "/council/spending"
    assert "No file yet" in text_of(client.get(page))
    submit(client, page, {"council": str(town.council_id)}, to=f"{page}/make")
    shown = text_of(client.get(page))
    assert "File E06000005-000001 is made." in shown and "£9.00" in shown
    export_id = db.session.scalar(select(SpendingExport.id))
    file = client.get(f"{page}/{export_id}.csv")
    assert file.headers["Content-Disposition"] == 'attachment; filename="spending-E06000005-000001.csv"'
    assert rows_of(file.data)[0]["amount"] == "9.00"
    submit(client, page, {"council": str(town.council_id)}, to=f"{page}/make")
    assert "Nothing is new since the last file." in text_of(client.get(page))
    none = {f"field_{number}": "-" for number in range(2, 17)}
    wrong = submit(client, f"{page}/columns", {"field_1": "person", "heading_1": "Client", "code": "A1"} | none)
    assert "The file needs its money" in text_of(wrong) and 'value="Client"' in wrong.get_data(as_text=True)
    right = none | {"field_1": "person", "heading_1": "Client", "field_2": "amount", "heading_2": "Value", "code": "A1"}
    submit(client, f"{page}/columns", right | {"nightly": "y"})
    assert "Its columns: Client, Value." in text_of(client.get(page))


def test_the_command_makes_a_file_and_gives_earlier_ones_again(town: Town, app: Flask, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        db.session.rollback()
        command = ["--council", "E06000005", "--to", str(tmp_path), *arguments]
        return CliRunner().invoke(export_spending, command, obj=lambda: app).output

    assert "Nothing is new" in run()
    town.spend(400)
    assert "wrote spending-E06000005-000001.csv: 1 entries, £4.00" in run()
    path = tmp_path / "spending-E06000005-000001.csv"
    before = path.read_bytes()
    assert "Nothing is new" in run() and "is there" in run("--run", "1")
    path.unlink()
    assert "wrote" in run("--since", "2020-01-01") and path.read_bytes() == before
    assert "has no file number 7" in run("--run", "7")
    assert "Give --run or --since" in run("--run", "1", "--since", "2020-01-01")
