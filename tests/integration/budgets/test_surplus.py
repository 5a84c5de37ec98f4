"""What is left at a period's end: kept within the rule, warned of above it, taken back by two and never more."""

from datetime import UTC, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from budgets import checks
from budgets.domain.surplus import KeepingRule, may_keep
from budgets.models import Pot, PotPeriod, Surplus
from budgets.queries.book import balance
from budgets.queries.people import get_person
from budgets.queries.statement_page import money_page
from budgets.queries.surplus import SHOWS, due_periods, get_surplus, rule_of
from budgets.services import book, finance, surplus
from budgets.services.book import acts
from budgets.services.book.rows import ABOVE_ZERO
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import Email
from tests.browser import submit, text_of
from tests.factories.budgets import BudgetFactory
from tests.integration.budgets.orders import an_order
from tests.integration.budgets.town import Town, Visit, council_id

NOW = datetime.combine(clock.today(), time(12), UTC)  # the day after the period
FIRST, LAST = NOW.date() - timedelta(days=365), NOW.date() - timedelta(days=1)


class Left:
    """Margaret's direct payment of £3,650.00 ended yesterday with £3,000.00 left; 8 weeks are £560.00."""

    def __init__(self, town: Town, *, rolls_over: bool = False, **budget: object) -> None:
        self.finance, self.margaret, self.person_id = town.finance, town.margaret, town.person_id
        with transaction():
            made = BudgetFactory(
                **{
                    "person_id": self.person_id,
                    "rail": Rail.DIRECT_PAYMENT,
                    "starts_on": FIRST,
                    "ends_on": LAST,
                    "pence": 365_000,
                    "pot": "Support",
                    "reference": "DP1",
                }
                | budget
            )
            self.left_id = made.pot_period_id
            about = {"order_id": an_order(self.person_id), "outcome_id": town.outcome_id, "mandate_id": None}
            with clock.fixed_clock(NOW - timedelta(days=100)):
                for act in (book.hold, book.spend):
                    act(self.left_id, 65_000, cause=f"test:{act.__name__}", actor_user_id=self.margaret, **about)
            db.session.execute(update(Pot).where(Pot.id == made.pot_id).values(rolls_over=rolls_over))
            if rolls_over:
                self.next_id = finance.write_pot(
                    made.id,
                    "Support",
                    LAST + timedelta(days=1),
                    LAST + timedelta(days=365),
                    365_000,
                    actor_user_id=None,
                    reason="The next year",
                    cause="test:next",
                )
        self.one, self.two = (actor_of(user_id) for user_id in self.finance)

    def look(self) -> int:
        surplus.look_at_ended_periods()
        assert surplus.look_at_ended_periods() == 0
        return int(db.session.scalar(select(Surplus.id)) or 0)


@pytest.mark.parametrize(
    ("pence", "days", "weeks", "kept"),
    [(365_000, 365, 8, 56_000), (10_001, 365, 1, 192), (100, 7, 8, 100), (365_000, 365, 0, 0), (1, 365, 26, 0)],
)
def test_so_many_weeks_of_what_was_agreed_may_be_kept(pence: int, days: int, weeks: int, kept: int) -> None:
    assert may_keep(pence, FIRST, FIRST + timedelta(days=days - 1), weeks) == kept


def test_a_surplus_is_warned_of_explained_and_taken_back_by_a_second_person_after_its_time(
    town: Town, visit: Visit
) -> None:
    with clock.fixed_clock(NOW):
        left = Left(town)
        surplus_id = left.look()
        kept = may_keep(365_000, FIRST, LAST, 8)
        line = get_surplus(surplus_id)
        assert (line.found_pence, line.kept_pence, line.not_before) == (300_000, kept, NOW.date() + timedelta(days=28))
        letters = db.session.execute(select(Email.to_address, Email.subject).order_by(Email.id)).all()
        assert {letter.to_address for letter in letters} == {"margaret@example.org", "ann@example.org"}
        assert all("is more than may be kept" in letter.subject for letter in letters)
        assert "Say what it is being saved for" in text_of(visit(town.margaret).get("/budgets"))
        with pytest.raises(NotAllowed, match="nothing is taken back before"):
            surplus.prepare_reclaim(left.one, surplus_id, 100, reason="Not used")
        with pytest.raises(NotFound):
            surplus.say_saving(actor_of(town.stranger), surplus_id, "Mine")
        address = f"/budgets/surplus/{surplus_id}"
        empty = submit(visit(town.margaret), address, {"saving_for": ""})
        assert "Say what the money is being saved for" in text_of(empty)
        assert submit(visit(town.ann), address, {"saving_for": "A stair lift"}).status_code == 302
    with clock.fixed_clock(NOW + timedelta(days=28)):
        client, page = visit(town.finance[0]), f"/council/budgets/surpluses/{surplus_id}"
        _is_listed(client, "said", f"{(300_000 - kept) / 100:.2f}")
        assert "A stair lift (Ann Lee)" in text_of(client.get(page))
        most = 300_000 - kept
        too_much = submit(client, page, {"pence": str((most + 1) / 100), "reason": "Not used"}, to=f"{page}/reclaim")
        assert "is left above what may be kept. Enter that or less" in text_of(too_much)
        submit(client, page, {"pence": f"{most / 100:.2f}", "reason": "Not used"}, to=f"{page}/reclaim")
        with pytest.raises(NotAllowed, match="a second person"):
            surplus.decide_reclaim(left.one, surplus_id, agree=True)
        assert balance(left.left_id).left_pence == 300_000
        submit(visit(town.finance[1]), page, {}, to=f"{page}/agree")
        assert balance(left.left_id).left_pence == kept and balance(left.left_id).reclaimed_pence == most
        with pytest.raises(NotAllowed, match="decided already"):
            surplus.decide_reclaim(left.two, surplus_id, agree=True)
        assert all(check.fault is None for check in checks.run())
        assert f"The council took back £{most / 100:,.2f}" in text_of(visit(town.margaret).get(address))


def _is_listed(client: FlaskClient, where: str, above: str) -> None:
    """The one surplus stands in the list and its file, and in what is narrowed to where it stands, nowhere else."""
    page, address = "/council/budgets/surpluses", "/council/budgets/surpluses.csv"
    for show in ("", *SHOWS):
        found = show in ("", where)
        lines = client.get(f"{address}?show={show}").get_data(as_text=True).splitlines()
        words = text_of(client.get(f"{page}?show={show}"))
        assert ("Margaret Hill" in words, len(lines) - 1) == (found, int(found)), show
    assert f",{above}," in client.get(address).get_data(as_text=True)
    wrong = client.get(f"{page}?show=lost")
    assert "Choose one from the list." in text_of(wrong) and "Margaret" not in text_of(wrong)
    assert len(client.get(f"{address}?show=lost").get_data(as_text=True).splitlines()) == 1


def test_never_more_is_taken_back_than_is_left(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.fixed_clock(NOW):
        left = Left(town)
        surplus_id = left.look()
    with clock.fixed_clock(NOW + timedelta(days=40)):
        surplus.prepare_reclaim(left.one, surplus_id, 200_000, reason="Not used")
        with transaction():
            book.allocate(left.left_id, -150_000, cause="test:late", actor_user_id=None, reason="Used late")
        with pytest.raises(DomainError, match="less than that left"):
            surplus.decide_reclaim(left.two, surplus_id, agree=True)
        assert get_surplus(surplus_id).decided_at is None
        monkeypatch.setattr(acts, "IF_LEFT", ABOVE_ZERO)  # without the guard the book says it is overcommitted
        surplus.decide_reclaim(left.two, surplus_id, agree=True)
        assert balance(left.left_id).left_pence < 0


def test_the_database_wants_a_second_person_for_a_reclaim(town: Town) -> None:
    with clock.fixed_clock(NOW):
        left = Left(town)
        surplus_id = left.look()
    by = f"UPDATE surpluses SET prepared_by_user_id = {town.finance[0]}, reclaimed = true, decided_by_user_id = {{}}"
    with pytest.raises(IntegrityError, match="second_person"), transaction():
        db.session.execute(text(by.format(town.finance[0])))
    with transaction():
        db.session.execute(text(by.format(town.finance[1])))
    assert get_surplus(surplus_id).reclaimed is True


def test_what_may_be_kept_goes_on_into_the_next_period_to_the_penny(town: Town) -> None:
    with clock.fixed_clock(NOW):
        left = Left(town, rolls_over=True)
        surplus_id = left.look()
        kept = may_keep(365_000, FIRST, LAST, 8)
        assert balance(left.next_id).left_pence == 365_000 + kept
        assert balance(left.left_id).left_pence == 300_000 - kept
        words = [line.what for line in money_page(get_person(left.person_id)).entries]
        assert "Carried over from the period before" in words and "Carried over to the next period" in words
        line = get_surplus(surplus_id)
        assert (line.found_pence, line.kept_pence, line.above_pence) == (300_000 - kept, 0, 300_000 - kept)
        assert all(check.fault is None for check in checks.run())


@pytest.mark.parametrize(
    "budget",
    [
        {"rail": Rail.COUNCIL_MANAGED},  # the council has it still
        {"funder": "nhs"},  # the council's rule is not the NHS's
        {"pence": 65_000 + 1_000},  # within what may be kept
        {"ends_on": LAST + timedelta(days=1)},  # not over
    ],
)
def test_nobody_is_warned_of_what_is_no_surplus(town: Town, budget: dict[str, object]) -> None:
    with clock.fixed_clock(NOW):
        left = Left(town, **budget)
        rule = surplus.propose_rule(left.one, council_id(), weeks_kept=52, notice_days=14)
        surplus.decide_rule(left.two, rule, agree="pence" in budget)
        assert left.look() == 0
        assert db.session.scalars(select(Email.subject)).all() == []


def test_a_councils_rule_counts_when_a_second_person_agreed(town: Town, visit: Visit) -> None:
    page, council = "/council/budgets/surpluses", council_id()
    one, two = visit(town.finance[0]), visit(town.finance[1])
    bad = submit(one, page, {"weeks_kept": "60", "notice_days": "1"}, to=f"{page}/rule")
    assert bad.status_code == 200 and 'value="60"' in bad.get_data(as_text=True)
    submit(one, page, {"weeks_kept": "10", "notice_days": "42"}, to=f"{page}/rule")
    assert rule_of(council) == KeepingRule()
    with pytest.raises(NotAllowed, match="a second person"):
        surplus.decide_rule(actor_of(town.finance[0]), 1, agree=True)
    assert "10 weeks may be kept" in text_of(two.get(page))
    submit(two, page, {}, to=f"{page}/rules/1/agree")
    assert rule_of(council) == KeepingRule(10, 42)
    with pytest.raises(NotFound):
        surplus.decide_rule(actor_of(town.elsewhere[0]), 1, agree=False)


def test_what_is_booked_is_waited_for_before_anybody_is_warned(town: Town) -> None:
    with clock.fixed_clock(NOW):
        left = Left(town)
        with transaction():
            db.session.execute(update(PotPeriod).where(PotPeriod.id == left.left_id).values(held_pence=1))
        assert due_periods(10) == []
    with clock.fixed_clock(NOW + timedelta(days=61)):
        assert due_periods(10) == [left.left_id]
