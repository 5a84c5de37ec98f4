"""Files of budgets: good rows go on, bad ones come back, and loading again changes nothing."""

import logging
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from budgets.cli import import_budgets
from budgets.domain.loads import LoadState
from budgets.loading.totals import ControlTotals
from budgets.models import BudgetEntry, BudgetLoad, Person, PersonalBudget
from budgets.queries.book import list_balances
from budgets.queries.finance import list_changes, list_loads
from budgets.queries.people import find_person_by_reference
from budgets.services import finance, loads
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from tests.factories.accounts import UserFactory
from tests.factories.budgets import PersonFactory
from tests.integration.budgets.finance import Finance, assert_in_order
from tests.integration.budgets.loading import HEADER, IDA, ONE_ROW, TOM, amounts, counts, load


def test_looking_at_a_file_writes_nothing_and_shows_its_control_totals(team: Finance) -> None:
    load_id = loads.prepare(team.one, team.council_id, "budgets.csv", (HEADER + IDA + TOM).encode())
    seen = loads.preview(team.one, load_id)
    assert counts(seen) == (2, 0, 0, 0)
    assert (seen.row_count, seen.figures.good_pence, seen.figures.new_pence, seen.figures.cut_pence) == (
        2,
        530_000,
        530_000,
        0,
    )
    assert db.session.scalar(select(func.count(PersonalBudget.id))) == 0


def test_good_rows_go_on_and_bad_ones_come_back_with_their_number(team: Finance) -> None:
    bad = "B3,P3,Ann Lee,DL3 7TX,own_money,,x,2026-04-01,2027-03-31,\n"
    twice = IDA.replace("5200.00", "5300.00")
    seen = load(team, HEADER + IDA + bad + twice + TOM)
    assert counts(seen) == (2, 0, 0, 2)
    assert [(row.row_number, row.words.split(":")[0]) for row in seen.refused] == [
        (3, "rail is none of direct_payment, council_managed or isf"),
        (4, "Row 2 has the same reference, pot and starts_on"),
    ]
    assert (amounts(team), amounts(team, "P2")) == ({"Respite 2026": 520_000}, {"Personal budget 2026": 10_000})
    assert [(line.taken, line.refused) for line in list_loads(team.one)] == [(2, 2)]
    assert_in_order()


def test_the_same_file_again_changes_nothing(team: Finance) -> None:
    load(team, HEADER + IDA + TOM)
    before = db.session.scalar(select(func.count(BudgetEntry.id)))
    seen = load(team, HEADER + IDA + TOM)
    assert counts(seen) == (0, 0, 2, 0)
    assert db.session.scalar(select(func.count(BudgetEntry.id))) == before
    assert db.session.scalar(select(func.count(Person.id))) == 2


def test_confirming_twice_applies_once(team: Finance) -> None:
    load_id = loads.prepare(team.one, team.council_id, "budgets.csv", (HEADER + IDA).encode(), ONE_ROW)
    loads.confirm(team.one, load_id)
    loads.confirm(team.two, load_id)
    assert amounts(team) == {"Respite 2026": 520_000}
    assert db.session.scalar(select(func.count(BudgetEntry.id))) == 1


def test_more_is_a_new_entry_and_never_an_overwrite(team: Finance) -> None:
    load(team, HEADER + IDA)
    seen = load(team, HEADER + IDA.replace("5200.00", "5500.00"))
    assert counts(seen) == (0, 1, 0, 0)
    assert seen.figures.new_pence == 30_000
    assert amounts(team) == {"Respite 2026": 550_000}
    assert db.session.scalars(select(BudgetEntry.pence).order_by(BudgetEntry.id)).all() == [520_000, 30_000]


def test_less_waits_for_a_second_person_and_the_same_file_does_not_ask_twice(team: Finance) -> None:
    load(team, HEADER + IDA)
    less = HEADER + IDA.replace("5200.00", "4000")
    assert load(team, less).figures.cut_pence == 120_000
    assert amounts(team) == {"Respite 2026": 520_000}
    changes = list_changes(team.two)
    assert [(c.pence, c.prepared_by_user_id) for c in changes] == [(-120_000, team.user_ids[0])]
    assert counts(load(team, less)) == (0, 0, 1, 0)
    finance.decide_change(team.two, changes[0].id, agree=True)
    assert amounts(team) == {"Respite 2026": 400_000}
    assert counts(load(team, less)) == (0, 0, 1, 0)


def test_back_and_forth_between_two_amounts_is_entered_each_time(team: Finance) -> None:
    more = HEADER + IDA.replace("5200.00", "5500.00")
    load(team, HEADER + IDA)
    load(team, more)
    load(team, HEADER + IDA)
    finance.decide_change(team.two, list_changes(team.two)[0].id, agree=True)
    load(team, more)
    assert amounts(team) == {"Respite 2026": 550_000}
    assert_in_order()


def test_the_next_year_is_a_new_period_and_another_pot_is_a_new_pot(team: Finance) -> None:
    load(team, HEADER + IDA)
    following = IDA.replace("2026-04-01", "2027-04-01").replace("31/03/2027", "31/03/2028")
    equipment = IDA.replace("Respite", "Equipment")
    seen = load(team, HEADER + IDA + following + equipment)
    assert counts(seen) == (0, 2, 1, 0)
    assert amounts(team) == {"Respite 2026": 520_000, "Respite 2027": 520_000, "Equipment 2026": 520_000}
    assert db.session.scalar(select(PersonalBudget.ends_on)) == date(2028, 3, 31)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("P1", "P9"), "reference belongs to another person"),
        (("direct_payment", "isf"), "rail is not that of the budget"),
        (("2026-04-01", "2026-05-01"), "The dates overlap the period from 1 April"),
        (("31/03/2027", "28/02/2027"), "ends_on is before 31 March"),
        (("B1,P1,Ida Cole", "B7,P1,Tom Ray"), "belongs to somebody with another name"),
        (("B1,P1,Ida Cole,DL3 7TX,direct_payment,Respite,5200.00", "B8,P8,Al,,dp,,0"), "amount is £0.00"),
    ],
)
def test_a_row_that_contradicts_what_is_there_is_refused_in_words(
    team: Finance, change: tuple[str, str], word: str
) -> None:
    load(team, HEADER + IDA)
    seen = load(team, HEADER + IDA.replace(*change))
    assert counts(seen) == (0, 0, 0, 1)
    assert word in seen.refused[0].words
    assert amounts(team) == {"Respite 2026": 520_000}


def test_an_ended_budget_takes_no_more_rows(team: Finance) -> None:
    load(team, HEADER + IDA)
    budget_id = db.session.scalar(select(PersonalBudget.id)) or 0
    finance.set_state(team.one, budget_id, finance.BudgetState.ENDED, reason="Moved")
    assert "has ended" in load(team, HEADER + IDA).refused[0].words


def test_a_later_end_and_a_new_name_are_taken_unless_the_person_has_an_account(team: Finance) -> None:
    load(team, HEADER + IDA)
    seen = load(team, HEADER + IDA.replace("Ida Cole", "Ida Moss").replace("31/03/2027", "30/04/2027"))
    assert counts(seen) == (0, 1, 0, 0)
    person = find_person_by_reference(team.council_id, "P1")
    assert person is not None and person.name == "Ida Moss"
    assert list_balances(person.id)[0].ends_on == date(2027, 4, 30)
    with transaction():
        PersonFactory(user_id=UserFactory().id, name="Tom Ray", council_reference="P2")
    load(team, HEADER + TOM)
    refused = load(team, HEADER + TOM.replace("Tom Ray", "Tim Roe")).refused
    assert "the person’s own account" in refused[0].words


def test_a_file_that_cannot_be_read_is_one_sentence_beside_its_field(team: Finance) -> None:
    for data in (b"PK\x03\x04", b"", b"a,b\n1,2\n"):
        with pytest.raises(DomainError) as refused:
            loads.prepare(team.one, team.council_id, "x.csv", data)
        assert refused.value.field == "file"


def test_nobody_else_loads_looks_or_confirms(team: Finance) -> None:
    load_id = loads.prepare(team.one, team.council_id, "budgets.csv", (HEADER + IDA).encode())
    for user_id in (team.auditor_id, team.elsewhere_id):
        actor = actor_of(user_id)
        with pytest.raises(NotFound):
            loads.prepare(actor, team.council_id, "budgets.csv", (HEADER + IDA).encode())
        for act in (loads.preview, loads.confirm, loads.refused_rows):
            with pytest.raises(NotFound):
                act(actor, load_id)
    assert amounts(team) == {}


def test_the_command_loads_says_what_it_did_and_again_changes_nothing(
    team: Finance, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "budgets.csv"
    file.write_text(HEADER.replace("amount", "Sum agreed") + IDA + TOM + TOM.replace("100", "abc"))
    command = [str(file), "--council", "e06000005", "--map", "amount=Sum agreed"]
    db.session.rollback()
    tried = CliRunner().invoke(import_budgets, [*command, "--dry-run"], obj=lambda: app)
    assert tried.exit_code == 0, tried.output
    assert "budgets.csv: 2 taken, 0 changed, 0 unchanged, 1 refused (tried only, nothing was written)" in tried.output
    assert amounts(team) == {}
    db.session.rollback()
    done = CliRunner().invoke(import_budgets, command, obj=lambda: app)
    assert "2 taken, 0 changed, 0 unchanged, 1 refused\n" in done.output
    assert "  row 4: amount is not an amount in pounds" in done.output
    again = CliRunner().invoke(import_budgets, command, obj=lambda: app)
    assert "0 taken, 0 changed, 2 unchanged, 1 refused\n" in again.output
    assert amounts(team) == {"Respite 2026": 520_000}
    for secret in ("Ida", "Cole", "Tom Ray"):
        assert secret not in caplog.text + tried.output + done.output
    assert_in_order()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--council", "E99999999"], "There is no council with the code"),
        (["--council", "E06000005", "--map", "x"], "Write the map as"),
    ],
)
def test_a_wrong_command_is_one_clear_line(
    team: Finance,
    app: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    word: str,
) -> None:
    file = tmp_path / "budgets.csv"
    file.write_text(HEADER + IDA)
    db.session.rollback()
    result = CliRunner().invoke(import_budgets, [str(file), *arguments], obj=lambda: app)
    assert result.exit_code == 1 and word in result.output


def test_a_cut_by_the_command_waits_for_anybody_of_council_finance(
    team: Finance, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(team, HEADER + IDA)
    loads.import_file(team.council_id, (HEADER + IDA.replace("5200.00", "4000")).encode())
    change = list_changes(team.one)[0]
    assert (change.prepared_by, change.prepared_by_user_id) == ("The marketplace itself", None)
    finance.decide_change(team.one, change.id, agree=True)
    assert amounts(team) == {"Respite 2026": 400_000}
    assert_in_order()


def test_nothing_is_written_until_the_control_totals_agree(team: Finance) -> None:
    file = (HEADER + IDA + TOM).encode()
    load_id = loads.prepare(team.one, team.council_id, "budgets.csv", file, ControlTotals(3, 530_000))
    with pytest.raises(loads.TotalsDiffer, match="This file has 2 rows, not 3"):
        loads.confirm(team.one, load_id)
    with pytest.raises(loads.TotalsDiffer, match=r"sum to £5,300\.00, not £5,300\.01"):
        loads.confirm(team.one, load_id, ControlTotals(2, 530_001))
    with pytest.raises(loads.TotalsDiffer, match="Enter the sum"):
        loads.confirm(team.one, load_id, ControlTotals(2, None))
    assert amounts(team) == {}
    with pytest.raises(IntegrityError), transaction():  # and the database does not let it go either
        row = db.session.get_one(BudgetLoad, load_id)
        row.control_rows, row.state = 3, LoadState.TAKING
    cut_short = loads.prepare(team.one, team.council_id, "budgets.csv", file + b"TRAILER,3,5400.00\n")
    with pytest.raises(loads.TotalsDiffer):
        loads.confirm(team.one, cut_short, ControlTotals(2, 530_000))  # what the file says cannot be talked over
    with pytest.raises(DomainError, match="not 3"):
        loads.import_file(team.council_id, file + b"TRAILER,3,5400.00\n")
    assert amounts(team) == {} and db.session.scalar(select(func.count(Person.id))) == 0


def test_without_the_comparison_a_file_that_was_cut_short_is_taken(
    team: Finance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("budgets.services.loads.confirming._agree", lambda load, typed: None)
    load_id = loads.prepare(team.one, team.council_id, "budgets.csv", (HEADER + IDA).encode())
    loads.confirm(team.one, load_id)
    assert amounts(team) == {"Respite 2026": 520_000}


def test_a_council_says_once_which_column_is_which(team: Finance) -> None:
    header = "Agreement,Client,Who,Post code,How paid,Purpose,Agreed sum,Total,First,Last\n"
    row = "B1,P1,Ida Cole,DL3 7TX,dp,Respite,5200.00,9.99,2026-04-01,31/03/2027\n"
    load_id = loads.prepare(team.one, team.council_id, "ours.csv", (header + row).encode())
    choice = loads.columns_to_choose(team.one, load_id)
    assert choice.is_needed and choice.examples[0][2] == "Ida Cole" and choice.chosen["pot"] == "Purpose"
    ours = {"reference": "Agreement", "person_reference": "Client", "name": "Who", "rail": "How paid"}
    ours |= {"amount": "Agreed sum", "starts_on": "First", "ends_on": "Last", "pot": "Purpose"}
    wrong = {"Choose the column": {"amount": ""}, "chosen twice": {"name": "Client"}, "one of the": {"name": "No"}}
    for word, change in wrong.items():
        with pytest.raises(DomainError, match=word):
            loads.choose_columns(team.one, load_id, ours | change)
    loads.choose_columns(team.one, load_id, ours)
    seen = loads.preview(team.one, load_id)
    assert (seen.state, seen.sum_pence, seen.figures.taken) == (LoadState.READY, 520_000, 1)
    again = loads.prepare(team.two, team.council_id, "ours.csv", (header + row).encode())
    assert loads.preview(team.two, again).state is LoadState.READY
    done = loads.import_file(team.council_id, (header + row).encode())
    assert done.figures.taken == 1 and amounts(team) == {"Respite 2026": 520_000}
    with pytest.raises(NotFound):
        loads.choose_columns(actor_of(team.elsewhere_id), load_id, ours)


def test_periods_that_are_over_and_rows_of_another_council_are_left_alone(team: Finance) -> None:
    load(team, HEADER + IDA)
    with clock.fixed_clock(datetime(2027, 4, 1, tzinfo=UTC)):
        assert counts(load(team, HEADER + IDA)) == (0, 0, 1, 0)
        seen = load(team, HEADER + IDA.replace("5200.00", "5300.00") + TOM)
    assert counts(seen) == (0, 0, 0, 2)
    assert all("is closed" in row.words for row in seen.refused)
    head = HEADER.replace("review_on", "council")
    rows = [TOM.replace("B2", f"B{n}").rstrip("\n") + f"{name}\n" for n, name in ((5, "E06000005"), (6, "Leeds"))]
    seen = load(team, head + "".join(rows))
    assert counts(seen) == (1, 0, 0, 1) and "council is Leeds" in seen.refused[0].words


@pytest.mark.parametrize(
    ("last", "moment"),
    [
        ("31/03/2027", datetime(2027, 3, 31, 23, 0, tzinfo=UTC)),  # summer time: the day ended an hour before UTC's
        ("05/04/2027", datetime(2027, 4, 5, 23, 0, tzinfo=UTC)),  # the last night of a tax year
        ("28/03/2027", datetime(2027, 3, 28, 23, 0, tzinfo=UTC)),  # the night after which clocks had gone forward
        ("31/10/2027", datetime(2027, 11, 1, 0, 0, tzinfo=UTC)),  # and the day that had 25 hours
    ],
)
def test_a_period_is_closed_at_midnight_in_london_and_not_a_second_before(
    team: Finance, last: str, moment: datetime
) -> None:
    row = IDA.replace("31/03/2027", last)
    with clock.fixed_clock(moment - timedelta(seconds=1)):
        assert counts(load(team, HEADER + row)) == (1, 0, 0, 0)
    more = row.replace("5200.00", "5300.00")
    with clock.fixed_clock(moment - timedelta(seconds=1)):
        assert counts(load(team, HEADER + more)) == (0, 1, 0, 0)
    with clock.fixed_clock(moment):
        assert "is closed" in load(team, HEADER + row.replace("5200.00", "5400.00")).refused[0].words
