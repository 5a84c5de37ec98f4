"""A council settles what was confirmed: nothing twice, nothing half, both people, and files that are the same bytes."""

import csv
import io
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.money import plain_pounds
from payments import checks, ledger
from payments import settlement_files as files
from payments.domain import OrderState, RefundState, RunState
from payments.journal import JournalMap
from payments.models import OrderFunding, SettlementRun
from payments.queries.settlement import due_to_settle
from payments.queries.settlement_runs import get_remittance_for, get_run_for, list_runs, list_runs_of_provider
from payments.services import refunds, settlement
from tests.factories.accounts import council, user_with_role
from tests.integration.payments.money.telling import (
    Story,
    finance,
    give_back,
    moves_of,
    operators,
    settled_story,
    table,
)
from tests.races import at_once, errors


def _council_id() -> int:
    with transaction():
        return council().id


def _run(actors: list[object] | None = None) -> int:
    first, second = actors or finance()
    run_id = settlement.prepare(first, _council_id(), clock.today())  # type: ignore[arg-type]
    settlement.send(second, run_id)  # type: ignore[arg-type]
    return run_id


def test_only_what_is_confirmed_and_unsettled_is_due(app: Flask) -> None:
    confirmed = settled_story()
    for state in (OrderState.PLACED, OrderState.DONE, OrderState.CANCELLED):
        settled_story(state=state)
    settled_story(lines=((1, 0),))
    given_back = settled_story()
    give_back(given_back, 5400)
    due = due_to_settle(_council_id(), clock.today())
    assert [line.order_id for part in due.totals.providers for line in part.lines] == [confirmed.order_id]
    assert (due.totals.line_count, due.totals.gross_pence, due.totals.levy_pence, due.totals.net_pence) == (
        1,
        5400,
        135,
        5265,
    )
    assert due_to_settle(_council_id(), clock.today() - timedelta(days=1)).totals.line_count == 0


def test_a_run_that_was_sent_pays_providers_net_and_the_operator_one_line(app: Flask) -> None:
    first = settled_story()
    second = settled_story(organisation_id=first.organisation_id, lines=((1, 1999),))
    third = settled_story(lines=((2, 3333),))
    run_id = _run()
    assert [story.states for story in (first, second, third)] == [("confirmed", "paid")] * 3
    levies = 135 + 50 + 167
    assert table() == {"operator:levy": -levies, "operator:bank": levies}
    run = get_run_for(finance(1)[0], run_id)
    assert run.gross_pence == 5400 + 1999 + 6666 == run.net_pence + run.levy_pence
    assert [part.net_pence for part in run.totals.providers] == [5265 + 1949, 6499]
    assert run.totals.net_pence + run.levy_pence == run.gross_pence


def test_whoever_prepared_a_run_does_not_send_it_and_strangers_see_nothing(app: Flask) -> None:
    story = settled_story()
    (first, second), council_id = finance(), _council_id()
    for stranger in (story.provider, story.buyer):
        with pytest.raises(NotFound):
            settlement.preview(stranger, council_id, clock.today())
        with pytest.raises(NotFound):
            settlement.prepare(stranger, council_id, clock.today())
    run_id = settlement.prepare(first, council_id, clock.today())
    with pytest.raises(NotAllowed, match="colleague"):
        settlement.send(first, run_id)
    with pytest.raises(NotFound):
        settlement.send(story.provider, run_id)
    with pytest.raises(NotFound):
        get_run_for(story.provider, run_id)
    with pytest.raises(NotFound):
        get_remittance_for(story.provider, run_id, story.organisation_id)
    settlement.send(second, run_id)
    assert get_remittance_for(story.provider, run_id, story.organisation_id)[1].net_pence == 5265
    other = settled_story()
    with pytest.raises(NotFound):
        get_remittance_for(other.provider, run_id, story.organisation_id)
    with pytest.raises(NotFound):
        get_remittance_for(other.provider, run_id, other.organisation_id)


def test_the_database_refuses_a_run_that_one_person_prepared_and_sent(app: Flask) -> None:
    from sqlalchemy.exc import IntegrityError

    settled_story()
    (first, _), council_id = finance(), _council_id()
    run_id = settlement.prepare(first, council_id, clock.today())
    with pytest.raises(IntegrityError), transaction():
        db.session.get_one(SettlementRun, run_id).sent_by_user_id = first.user_id


def test_a_run_that_is_sent_again_pays_nothing_again(app: Flask) -> None:
    story = settled_story()
    actors = finance()
    run_id = _run(list(actors))
    before = table()
    settlement.send(actors[1], run_id)
    assert table() == before
    assert moves_of(story.order_id) == ["capture"]
    with pytest.raises(DomainError, match="Nothing is due"):
        settlement.prepare(actors[0], _council_id(), clock.today())


def test_two_who_prepare_at_once_never_take_the_same_line(app: Flask) -> None:
    stories = [settled_story() for _ in range(3)]
    first, second = finance()
    council_id, today = _council_id(), clock.today()
    results = at_once(app, [partial(settlement.prepare, actor, council_id, today) for actor in (first, second)])
    assert len(errors(results)) == 1
    runs = {story.funding.settlement_run_id for story in stories}
    assert runs == {result for result in results if isinstance(result, int)}


def test_without_the_lock_two_runs_would_hold_the_same_order(
    app: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    if database == "sqlite":
        pytest.skip("SQLite has one writer at a time: there is no lock to take away")
    settled_story()
    first, second = finance()
    council_id, today = _council_id(), clock.today()
    barrier, read = threading.Barrier(2), due_to_settle

    def all_read_first(*about: object) -> object:
        found = read(*about)  # type: ignore[arg-type]
        barrier.wait(timeout=30)
        return found

    monkeypatch.setattr(settlement, "_lock_due", lambda *_: None)
    monkeypatch.setattr(settlement, "due_to_settle", all_read_first)
    results = at_once(app, [partial(settlement.prepare, actor, council_id, today) for actor in (first, second)])
    assert errors(results) == []
    assert len({*results}) == 2


def test_a_dropped_run_leaves_its_lines_due_and_what_was_given_back_meanwhile_is_taken_off(app: Flask) -> None:
    story = settled_story()
    actors = finance()
    run_id = settlement.prepare(actors[0], _council_id(), clock.today())
    give_back(story, 1800)
    assert story.refunds()[0].state is RefundState.PENDING
    with pytest.raises(DomainError, match="Say why"):
        settlement.drop(actors[0], run_id, " ")
    settlement.drop(actors[0], run_id, "The wrong day")
    settlement.drop(actors[0], run_id, "The wrong day")
    assert story.refunds()[0].state is RefundState.DONE
    assert story.funding.settlement_run_id is None
    with pytest.raises(NotAllowed, match="dropped"):
        settlement.send(actors[1], run_id)
    again = _run(list(actors))
    assert get_run_for(actors[0], again).gross_pence == 3600
    assert story.states == ("confirmed", "part_refunded")
    assert table() == {"operator:levy": -90, "operator:bank": 90}
    with pytest.raises(NotAllowed, match="was sent"):
        settlement.drop(actors[0], again, "Too late")


@pytest.mark.parametrize("when", ["prepared", "sent"])
def test_what_is_given_back_after_it_was_in_a_run_is_a_credit_in_the_next(app: Flask, when: str) -> None:
    story = settled_story()
    actors = finance()
    if when == "sent":
        _run(list(actors))
        give_back(story, 1800)
    else:
        run_id = settlement.prepare(actors[0], _council_id(), clock.today())
        give_back(story, 1800)
        settlement.send(actors[1], run_id)
    assert story.states == ("confirmed", "part_refunded")
    assert table() == {
        "council:owed": -1800,
        "operator:bank": 135,
        "operator:levy": -90,
        "provider:payable": 1755,
    }
    alone = due_to_settle(_council_id(), clock.today())
    assert alone.totals.line_count == 0
    assert [line.gross_pence for line in alone.held_back] == [-1800]
    settled_story(organisation_id=story.organisation_id)
    run = get_run_for(actors[0], _run(list(actors)))
    assert (run.gross_pence, run.levy_pence, run.net_pence) == (3600, 90, 3510)
    assert story.refunds()[0].state is RefundState.DONE
    assert table() == {"operator:levy": -225, "operator:bank": 225}
    assert due_to_settle(_council_id(), clock.today()).held_back == ()


def test_a_credit_waits_until_the_providers_own_lines_reach_for_it(app: Flask) -> None:
    story = settled_story()
    actors = finance()
    _run(list(actors))
    give_back(story, 5400)
    settled_story(organisation_id=story.organisation_id, lines=((1, 1000),))
    due = due_to_settle(_council_id(), clock.today())
    assert (due.totals.gross_pence, len(due.held_back)) == (1000, 1)


def test_an_order_given_back_before_it_was_settled_is_at_its_end(app: Flask) -> None:
    story = settled_story()
    give_back(story, 5400)
    assert story.states == ("confirmed", "refunded")
    assert table() == {}


def test_the_holder_of_a_service_fund_has_a_run_of_its_own(app: Flask) -> None:
    from payments.domain import Payer
    from payments.queries.settlement import list_payers
    from tests.factories.accounts import OrganisationFactory

    story, others = settled_story(), settled_story()
    with transaction():
        holder = OrganisationFactory(name="Dales Fund Holder", kind="support")
        holder_id = holder.id
        officers = [user_with_role(Role.FUND_FINANCE, holder).id for _ in range(2)]
        funding = db.session.execute(select(OrderFunding).where(OrderFunding.order_id == story.order_id)).scalar_one()
        funding.payer, funding.payer_organisation_id = Payer.ISF_HOLDER, holder_id
    council_id = _council_id()
    assert list_payers(council_id) == [None, holder_id]
    assert due_to_settle(council_id, clock.today()).totals.line_count == 1
    first, second = map(actor_of, officers)
    (of_council,) = finance(1)
    with pytest.raises(NotFound):
        settlement.prepare(of_council, council_id, clock.today(), holder_id)
    with pytest.raises(NotFound):
        settlement.prepare(first, council_id, clock.today())
    run_id = settlement.prepare(first, council_id, clock.today(), holder_id)
    with pytest.raises(NotFound):
        settlement.send(of_council, run_id)
    settlement.send(second, run_id)
    assert get_run_for(of_council, run_id).payer_name == "Dales Fund Holder"
    assert get_run_for(first, run_id).payer_name == "Dales Fund Holder"
    assert (story.states[1], others.states[1]) == ("paid", "none")
    assert ledger.balance(ledger.isf_owed(holder_id)) == 0


def test_a_day_that_is_still_to_come_is_refused_beside_the_date(app: Flask) -> None:
    settled_story()
    with pytest.raises(DomainError) as refused:
        settlement.prepare(finance(1)[0], _council_id(), clock.today() + timedelta(days=1))
    assert refused.value.field == "up_to"


def test_the_files_of_a_run_are_the_same_bytes_and_their_sums_agree(app: Flask) -> None:
    first = settled_story()
    settled_story(organisation_id=first.organisation_id, lines=((1, 1999),))
    settled_story(lines=((2, 3333),))
    actors = finance()
    _run(list(actors))
    give_back(first, 1800)
    settled_story(organisation_id=first.organisation_id)
    run_id = settlement.prepare(actors[0], _council_id(), clock.today())
    texts = []
    for _ in range(2):
        run = get_run_for(actors[0], run_id)
        part = get_remittance_for(actors[0], run_id, first.organisation_id)[1]
        texts.append((files.payments_csv(run), files.journal_csv(run, JournalMap()), files.remittance_csv(run, part)))
        if run.state is RunState.PREPARED:
            settlement.send(actors[1], run_id)
            with transaction():
                from marketplace.accounts.models import Organisation

                db.session.get_one(Organisation, first.organisation_id).name = "Another Name Ltd"
    assert texts[0] == texts[1]
    payments, journal, remittance = ([*csv.DictReader(io.StringIO(text))] for text in texts[0])
    assert [row["amount"] for row in payments] == ["35.10", "0.90", "36.00"]
    assert _sum(journal, "debit") == _sum(journal, "credit") == 5400
    assert [row["kind"] for row in remittance] == ["sale", "credit", "sum"]
    assert [row["net"] for row in remittance] == ["52.65", "-17.55", "35.10"]


def test_amounts_in_a_file_are_plain_numbers() -> None:
    assert [plain_pounds(pence) for pence in (0, 5, -5, 123_450)] == ["0.00", "0.05", "-0.05", "1234.50"]


def test_a_provider_finds_the_runs_that_paid_it(app: Flask) -> None:
    story, other = settled_story(), settled_story()
    run_id = _run()
    ((run, net_pence),) = list_runs_of_provider(story.organisation_id)
    assert (run.id, net_pence) == (run_id, 5265)
    assert [run.id for run in list_runs(finance(1)[0])] == [run_id]
    assert [run.id for run, _ in list_runs_of_provider(other.organisation_id)] == [run_id]


def _sum(rows: list[dict[str, str]], column: str) -> int:
    return sum(int(row[column].replace(".", "")) for row in rows if row[column])


def _waits(story: Story, pence: int = 30_000) -> tuple[int, Actor]:
    """An operator asks for more than £200 back, and nobody has agreed yet; with the colleague who can."""
    first, second = operators()
    refund_id = refunds.ask_refund(first, story.order_id, key="big", reason_code="not_delivered", pence=pence)
    return refund_id, second


def _verified() -> None:
    assert [check.fault for check in checks.run() if check.fault] == []


def test_what_waits_for_a_second_person_is_still_due_and_stays_paid_when_that_person_says_no(app: Flask) -> None:
    story = settled_story(lines=((1, 50_000),))
    refund_id, colleague = _waits(story)
    run_id = _run()
    assert get_run_for(finance(1)[0], run_id).gross_pence == 50_000
    refunds.refuse_refund(colleague, refund_id, "It was delivered after all")
    assert (table(), story.states) == ({"operator:levy": -1250, "operator:bank": 1250}, ("confirmed", "paid"))
    _verified()


def test_what_a_second_person_agrees_to_after_the_run_is_a_credit_in_the_next_one(app: Flask) -> None:
    story = settled_story(lines=((1, 50_000),))
    refund_id, colleague = _waits(story)
    _run()
    refunds.approve_refund(colleague, refund_id)
    assert story.states == ("confirmed", "part_refunded")
    _verified()
    settled_story(organisation_id=story.organisation_id, lines=((1, 40_000),))
    due = due_to_settle(_council_id(), clock.today())
    assert (due.totals.gross_pence, due.totals.levy_pence) == (10_000, 250)
    _run()
    assert table() == {"operator:levy": -1500, "operator:bank": 1500}
    _verified()


def test_what_waits_does_not_count_as_given_back(app: Flask) -> None:
    story = settled_story(lines=((1, 50_000),))
    refund_id, colleague = _waits(story)
    give_back(story, 20_000)
    assert story.states == ("confirmed", "none")
    refunds.refuse_refund(colleague, refund_id, "It was delivered after all")
    _run()
    assert story.states == ("confirmed", "part_refunded")
    assert table() == {"operator:levy": -750, "operator:bank": 750}
    _verified()


def test_the_levy_of_a_run_is_what_refunds_left_of_it_to_the_penny(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunds, "OPERATOR_ALONE_PENCE", 5)
    story = settled_story(lines=((1, 59),))
    refund_id, colleague = _waits(story, 10)
    give_back(story, 30)
    refunds.refuse_refund(colleague, refund_id, "Not agreed")
    _run()
    assert story.funding.levy_pence - story.funding.levy_back_pence == -table().get("operator:levy", 0)
    _verified()


def test_an_order_given_back_in_full_while_its_run_was_prepared_has_ended_when_the_run_is_dropped(app: Flask) -> None:
    story = settled_story()
    first, _ = finance()
    run_id = settlement.prepare(first, _council_id(), clock.today())
    give_back(story, 2400, "form-1")
    give_back(story, 3000, "form-2")
    settlement.drop(first, run_id, "Wrong day")
    assert story.states == ("confirmed", "refunded")
    assert moves_of(story.order_id) == ["capture", "refund_all"]
    assert table() == {}
    _verified()
