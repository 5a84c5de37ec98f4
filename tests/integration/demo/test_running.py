"""The demo as one command: what it holds, who one can be in it, and that nothing is left of it when it ends.

One first load serves all of these tests and the journeys, for it is eight months of work.
"""

import sqlite3
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from marketplace.demo.cast import CAST
from tests.demo import FIRST_START_SECONDS, TO_TRY, Demo, FirstStart, Visitor, is_alive

pytestmark = pytest.mark.xdist_group("demo")
SECOND_START_SECONDS = 60


@pytest.fixture(scope="module")
def demo(first_demo: FirstStart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that was loaded once and started again."""
    running = Demo(first_demo.copy_to(tmp_path_factory.mktemp("demo") / "var"))
    try:
        running.wait_for(TO_TRY, SECOND_START_SECONDS)
        yield running
    finally:
        running.kill()


def rows(demo: Demo, query: str) -> list[tuple[object, ...]]:
    """What stands in the demo's database."""
    connection = sqlite3.connect(f"file:{demo.folder / 'marketplace.sqlite3'}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def one(demo: Demo, query: str) -> object:
    ((value,),) = rows(demo, query)
    return value


def test_each_start_prints_the_address_and_what_to_try(first_demo: FirstStart, demo: Demo) -> None:
    assert f"{demo.url}/demo" in demo.output
    for output in (first_demo.output, demo.output):
        assert "4242 4242 4242 4242" in output
        assert "Stop with Ctrl-C" in output


@pytest.mark.parametrize("role", [part.role for part in CAST])
def test_one_press_makes_one_of_the_ten(demo: Demo, role: str) -> None:
    part = next(part for part in CAST if part.role == role)
    visitor = Visitor(demo, role)
    assert f"You are {part.name} now." in visitor.words
    assert part.name in visitor.read("/account")


def test_every_invariant_holds_after_the_load(demo: Demo) -> None:
    done = demo.command("verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "I6 ok" in done.stdout
    assert "FAILED" not in done.stdout


def test_reports_have_cells_of_five_people_and_more(demo: Demo) -> None:
    cells = rows(
        demo,
        "SELECT category_slug, strftime('%Y-%m', orders.created_at) AS month, count(DISTINCT person_id) FROM orders"
        " JOIN order_lines ON order_lines.order_id = orders.id JOIN councils ON councils.id = orders.council_id"
        " WHERE gss_code = 'E06000005' AND orders.confirmed_at IS NOT NULL AND category_slug IN"
        " ('home-care', 'meals', 'companionship', 'day-opportunities') GROUP BY 1, 2",
    )
    this_month = f"{date.today():%Y-%m}"  # noqa: DTZ011  the demo's own months, a day more or less
    over = [count for _, month, count in cells if month != this_month]
    assert len(over) == 4 * 8
    assert len([count for count in over if int(str(count)) >= 5]) >= 28
    assert int(str(one(demo, "SELECT count(*) FROM order_funding WHERE rail = 'council_managed'"))) >= 250
    assert "was spent in" in Visitor(demo, "commissioner").words


def test_each_month_that_is_over_was_settled_by_two_people(demo: Demo) -> None:
    """By the council; and by the holder of a fund whenever something was bought from it."""
    for payer, at_least in (("IS NULL", 7), ("IS NOT NULL", 2)):
        runs = rows(
            demo,
            "SELECT up_to FROM settlement_runs JOIN councils ON councils.id = council_id WHERE gss_code = 'E06000005'"
            f" AND payer_organisation_id {payer} AND state = 'sent' AND prepared_by_user_id <> sent_by_user_id",
        )
        assert len(set(runs)) == len(runs) >= at_least


def test_tomasz_has_a_little_left(demo: Demo) -> None:
    assert "Left now £180.00" in Visitor(demo, "dp-holder").read("/budgets")


def test_priya_has_twelve_people_one_of_whom_bought_nothing_lately(demo: Demo) -> None:
    words = Visitor(demo, "budget-manager").read("/caseload")
    assert "Everybody (12)" in words
    assert "Nothing bought for 4 weeks (1)" in words
    assert "Authority ending (1)" in words


def test_grace_acts_for_her_father(demo: Demo) -> None:
    assert "Albert Oakenfold" in Visitor(demo, "nominated-person").read("/caseload")


def test_fenella_has_orders_to_answer_and_edith_one_to_agree_to(demo: Demo) -> None:
    assert Visitor(demo, "provider").read("/provider/orders").count("Waiting for your answer") >= 2
    edith = Visitor(demo, "self-funder").read("/orders")
    assert "Done? Tell us" in edith
    assert "Paid" in edith


def test_owen_has_something_to_agree_to(demo: Demo) -> None:
    waiting = rows(
        demo, "SELECT name FROM approvals JOIN users ON users.id = prepared_by_user_id WHERE decided_at IS NULL"
    )
    assert waiting == [("Priya Lanternlight",)]


def test_five_things_wait_on_the_desk(demo: Demo) -> None:
    words = Visitor(demo, "operator").read("/desk")
    for thing in (
        "Provider to approve",
        "Listing to approve",
        "Claim to decide",
        "Something went wrong",
        "Refund for a second person",
    ):
        assert thing in words


def test_nothing_invented_stands_on_a_real_provider(demo: Demo) -> None:
    real = "SELECT organisation_id FROM providers WHERE state = 'unclaimed'"
    assert one(demo, f"SELECT count(*) FROM providers WHERE organisation_id IN ({real})")
    for table in ("reviews", "orders"):
        assert one(demo, f"SELECT count(*) FROM {table} WHERE organisation_id IN ({real})") == 0
        assert one(demo, f"SELECT count(*) FROM {table}")


def test_every_address_is_one_that_nobody_has(demo: Demo) -> None:
    assert one(demo, "SELECT count(*) FROM users WHERE email NOT LIKE '%@demo.example'") == 0
    assert one(demo, "SELECT count(*) FROM people WHERE phone NOT LIKE '01632 960%'") == 0
    assert one(demo, "SELECT count(*) FROM people WHERE email NOT LIKE '%@demo.example'") == 0


def test_every_order_says_where_to_go_and_whom_to_ring(demo: Demo) -> None:
    homes = rows(demo, "SELECT delivery ->> '$.address', delivery ->> '$.phone' FROM orders")
    assert len(homes) > 100
    assert [home for home in homes if not all(home)] == []


def test_nothing_waits_for_the_worker(demo: Demo) -> None:
    assert one(demo, "SELECT count(*) FROM outbox_rows WHERE failed_at IS NOT NULL OR attempts > 1") == 0


def test_search_finds_the_town_with_its_stars(demo: Demo) -> None:
    words = Visitor(demo).read("/search?q=gardening&postcode=DL3+7TX")
    assert "Fern and Furrow" in words
    assert "out of 5" in words or "reviews" in words


def test_taken_port_is_one_sentence(demo: Demo, tmp_path: Path) -> None:
    second = Demo(tmp_path / "var", demo.port)
    assert second.process.wait(60) == 1
    assert second.output == (
        f"Port {demo.port} is taken. Choose another one, for example: make demo PORT={demo.port + 1000}\n"
    )


def test_second_demo_on_the_same_folder_is_one_sentence(demo: Demo) -> None:
    second = Demo(demo.folder)
    assert second.process.wait(60) == 1
    assert second.output.count("\n") == 1
    assert second.output.startswith(f"A demo is running already on {demo.folder}: stop it first")


def test_file_in_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    demo = Demo(tmp_path / "var")
    assert demo.process.wait(60) == 1
    assert demo.output.count("\n") == 1
    assert "cannot be written to" in demo.output


def test_ctrl_c_during_the_first_load_leaves_no_process_and_the_next_start_begins_anew(
    tmp_path: Path,
) -> None:
    demo = Demo(tmp_path / "var")
    try:
        demo.wait_for("Building the town", 120)
        children = demo.children()
        assert children
        assert demo.interrupt() == 130
        assert not [pid for pid in children if is_alive(pid)]
        assert (demo.folder / "demo-loading").exists()
        assert not (demo.folder / "demo-loaded").exists()
    finally:
        demo.kill()


def test_ctrl_c_leaves_no_process_and_the_second_start_keeps_everything(demo: Demo) -> None:
    """Last, because it ends the demo that the others look at."""
    counted = "SELECT count(*) FROM orders UNION ALL SELECT count(*) FROM people UNION ALL SELECT count(*) FROM users"
    before, children = rows(demo, counted), demo.children()
    assert len(children) >= 3
    assert demo.interrupt() == 0
    assert not [pid for pid in children if is_alive(pid)]
    assert demo.output.endswith("Stopped.\n")

    again = Demo(demo.folder)
    try:
        again.wait_for(TO_TRY, SECOND_START_SECONDS)
        assert rows(again, counted) == before
        assert again.interrupt() == 0
        # Another version of the demo's files: tables and open data are brought up to date, and nobody is built twice.
        (demo.folder / "demo-loaded").write_text("another version")
        third = Demo(demo.folder)
        try:
            began = time.monotonic()
            third.wait_for(TO_TRY, FIRST_START_SECONDS)
            assert time.monotonic() - began < FIRST_START_SECONDS
            assert rows(third, counted) == before
        finally:
            third.kill()
    finally:
        again.kill()
