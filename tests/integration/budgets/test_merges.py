"""Two records of one person become one: everything follows, nothing is lost, and no fact is rewritten."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from budgets.checks import run
from budgets.domain.payees import Relationship
from budgets.models import BudgetEntry, Mandate, PayeeDeclaration, Person, PersonalBudget, PersonMerge
from budgets.queries import merged
from budgets.queries.book import list_balances, recent_entries
from budgets.queries.decisions import list_for as list_decisions
from budgets.queries.finding import find_by_name_and_postcode
from budgets.queries.payees import payee_standings
from budgets.queries.people import find_by_council_reference, find_person_by_reference
from budgets.services import book, loads, merges, undoing_merges
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from payments.checks.entries import say_for_whom
from payments.models import Order
from tests.architecture.world import everything
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import UserFactory
from tests.factories.budgets import BudgetFactory, MandateFactory, PersonFactory
from tests.factories.catalogue import ProviderFactory
from tests.factories.payments import OrderFactory
from tests.integration.budgets.test_finance import Finance

CHANGED_BY_AN_UNDO = ("audit_rows", "person_merges")


class Twins:
    """The same woman twice: as C-1, and as C-2 who signs in, with a budget, a mandate and an order that was spent."""

    def __init__(self) -> None:
        self.team = Finance()
        with transaction():
            user = UserFactory(name="Ida Cole")
            self.user_id = user.id
            self.kept = PersonFactory(name="Ida Cole", council_reference="C-1", postcode=None).id
            self.merged = PersonFactory(name="Ida M Cole", council_reference="C-2", user_id=user.id).id
            BudgetFactory(person_id=self.kept, reference="PB-1")
            budget = BudgetFactory(person_id=self.merged, reference="PB-2", pence=10_000)
            self.mandate_id = MandateFactory(person_id=self.merged).id
            order = OrderFactory(person_id=self.merged, buyer_user_id=user.id, council_id=self.team.council_id)
            self.order_id, self.pot_period_id = order.id, budget.pot_period_id
            common = {"order_id": order.id, "outcome_id": None, "actor_user_id": user.id, "mandate_id": None}
            book.hold(budget.pot_period_id, 2_500, cause="h", **common)
            book.spend(budget.pot_period_id, 2_500, cause="s", **common)

    def prepare(self, kept: str = "C-1", merged: str = "C-2") -> int:
        return merges.prepare(self.team.one, self.team.council_id, kept, merged, "One date of birth")

    def merge(self) -> None:
        merges.decide(self.team.two, self.prepare(), agree=True)


@pytest.fixture
def twins(app: Flask) -> Twins:
    return Twins()


def faults() -> list[str | None]:
    return [check.fault for check in (*run(), say_for_whom()) if not check.ok]


def test_everything_follows_and_no_fact_is_rewritten(twins: Twins) -> None:
    facts = db.session.execute(select(BudgetEntry.__table__).order_by(BudgetEntry.id)).all()
    twins.merge()
    assert db.session.execute(select(BudgetEntry.__table__).order_by(BudgetEntry.id)).all() == facts
    assert set(db.session.scalars(select(PersonalBudget.person_id))) == {twins.kept}
    assert db.session.get_one(Mandate, twins.mandate_id).person_id == twins.kept
    assert db.session.get_one(Order, twins.order_id).person_id == twins.kept
    assert {7_500, 500_000} <= {balance.left_pence for balance in list_balances(twins.kept)}
    assert len(recent_entries(twins.kept, limit=50)) == len(facts)
    kept = db.session.get_one(Person, twins.kept)
    assert (kept.user_id, kept.postcode) == (twins.user_id, "DL3 7TX")
    assert faults() == []
    moved = db.session.scalars(select(PersonMerge.moved)).one()
    assert moved["orders"] == [twins.order_id] and moved["account"] == [twins.user_id]


def test_what_comes_after_works_and_files_with_the_other_reference_too(twins: Twins) -> None:
    twins.merge()
    with transaction():
        common = {"order_id": twins.order_id, "outcome_id": None, "actor_user_id": twins.user_id, "mandate_id": None}
        book.refund(twins.pot_period_id, 500, cause="r", **common)
    found = find_person_by_reference(twins.team.council_id, "C-2")
    assert found is not None and found.id == twins.kept
    head = "reference,person_reference,name,rail,amount,starts_on,ends_on\n"
    rows = "PB-9,C-2,Ida M Cole,dp,10.00,2026-04-01,2027-03-31\n"
    assert loads.import_file(twins.team.council_id, (head + rows).encode()).figures.taken == 1
    assert loads.import_file(twins.team.council_id, (head + rows).encode()).figures.unchanged == 1
    assert set(db.session.scalars(select(PersonalBudget.person_id))) == {twins.kept}
    assert db.session.get_one(Person, twins.kept).name == "Ida Cole"
    assert faults() == []


def test_whoever_is_found_by_the_merged_record_is_the_person_once(twins: Twins) -> None:
    with transaction():
        db.session.execute(update(Person).values(postcode="DL1 1AA"))
        db.session.execute(update(Person).where(Person.id == twins.merged).values(name="Ida  cole"))

    def found() -> tuple[list[int], int | None]:
        at_the_desk = [each.id for each in find_by_name_and_postcode("Ida Cole", "dl1 1aa")]
        from_case_system = find_by_council_reference([twins.team.council_id], "C-2")
        return at_the_desk, from_case_system.id if from_case_system else None

    assert found() == ([twins.kept, twins.merged], twins.merged)
    twins.merge()
    assert found() == ([twins.kept], twins.kept), "what is bought for the record that went is nobody's to see"


def test_without_following_the_merged_record_its_facts_would_be_lost_from_sight(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins.merge()
    monkeypatch.setattr("budgets.queries.book.is_of", lambda column, person_id: column == person_id)
    assert len(recent_entries(twins.kept, limit=50)) == 1
    assert merged.is_of is not None


def test_it_takes_two_officers_and_again_changes_nothing(twins: Twins) -> None:
    merge_id = twins.prepare()
    with pytest.raises(NotAllowed, match="a second person"):
        merges.decide(twins.team.one, merge_id, agree=True)
    with pytest.raises(DomainError, match="waits to be merged already"):
        twins.prepare()
    assert db.session.scalar(select(func.count(Person.id)).where(Person.merged_into_person_id.is_not(None))) == 0
    merges.decide(twins.team.two, merge_id, agree=True)
    merges.decide(twins.team.two, merge_id, agree=True)
    with pytest.raises(NotAllowed, match="decided already"):
        merges.decide(twins.team.two, merge_id, agree=False)
    with pytest.raises(DomainError, match="merged into another one already"):
        twins.prepare("C-2", "C-1")


@pytest.mark.parametrize(
    ("kept", "other", "word"),
    [("C-1", "C-1", "the same record"), ("C-9", "C-2", "nobody with this reference"), ("C-3", "C-2", "both|Both")],
)
def test_records_that_cannot_be_one_are_refused_in_words(twins: Twins, kept: str, other: str, word: str) -> None:
    with transaction():
        PersonFactory(name="Ida", council_reference="C-3", user_id=UserFactory().id)
    with pytest.raises(DomainError, match=word):
        twins.prepare(kept, other)


def test_a_record_merged_into_one_that_is_merged_itself_follows_to_the_last(twins: Twins) -> None:
    twins.merge()
    with transaction():
        last = PersonFactory(name="Ida Cole", council_reference="C-0").id
    merges.decide(twins.team.two, twins.prepare("C-0", "C-1"), agree=True)
    assert len(recent_entries(last, limit=50)) == db.session.scalar(select(func.count(BudgetEntry.id)))
    found = find_person_by_reference(twins.team.council_id, "C-2")
    assert found is not None and found.id == last and faults() == []


def test_tables_that_never_change_are_the_ones_that_stay(twins: Twins, database: str) -> None:
    """A new table of facts about people has to be named; every other one follows by itself."""
    query = (
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_no_update'"
        if database == "sqlite"
        else "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE tgname LIKE '%_only_grows'"
    )
    never_change = set(db.session.scalars(text(query)))
    follows = {table.name for table, _ in merges.person_columns()}
    assert {"orders", "mandates", "personal_budgets", "outcomes", "consents", "reviews"} <= follows
    assert not follows & never_change
    assert {"audit_rows", "budget_entries", "ledger_entries"} <= never_change & merges.STAYS


def test_strangers_decide_nothing(twins: Twins, client: FlaskClient) -> None:
    from marketplace.accounts.queries import actor_of

    merge_id = twins.prepare()
    for user_id in (twins.team.auditor_id, twins.team.elsewhere_id):
        with pytest.raises(NotFound):
            merges.decide(actor_of(user_id), merge_id, agree=True)
    merges.decide(twins.team.two, merge_id, agree=True)
    undoing_merges.prepare_undo(twins.team.one, merge_id, "Two people")
    for user_id in (twins.team.auditor_id, twins.team.elsewhere_id):
        for agree in (True, False):
            with pytest.raises(NotFound):
                undoing_merges.decide_undo(actor_of(user_id), merge_id, agree=agree)
    sign_in(client, twins.team.elsewhere_id)
    assert submit(client, "/council/people/merge", {}, to=f"/council/people/merges/{merge_id}/undo").status_code == 404


def test_the_page_says_the_rule_and_shows_both_side_by_side(twins: Twins, client: FlaskClient) -> None:
    page = "/council/people/merge"
    sign_in(client, twins.team.user_ids[0])
    wrong = submit(client, page, {"kept": "C-1", "merged": "C-7", "reason": "Same"})
    assert "There is nobody with this reference." in text_of(wrong) and 'value="C-7"' in wrong.get_data(as_text=True)
    submit(client, page, {"kept": "C-1", "merged": "C-2", "reason": "One date of birth"})
    shown = text_of(client.get(page))
    assert "Waits: C-2 joins C-1" in shown and "Ida M Cole" in shown and "A colleague has to agree." in shown
    assert "Agree: both are one person" not in shown
    merge_id = db.session.scalar(select(PersonMerge.id))
    sign_in(client, twins.team.user_ids[1])
    submit(client, page, {}, to=f"/council/people/merges/{merge_id}/agree")
    assert "Both records are one now." in text_of(client.get(page))
    assert faults() == []


def undo(twins: Twins) -> int:
    merge_id = db.session.scalars(select(PersonMerge.id)).one()
    undoing_merges.prepare_undo(twins.team.two, merge_id, "Two dates of birth after all")
    undoing_merges.decide_undo(twins.team.one, merge_id, agree=True)
    db.session.rollback()
    return merge_id


def test_two_officers_undo_a_merge_and_everything_is_where_it_was(twins: Twins) -> None:
    before = {name: rows for name, rows in everything().items() if name not in CHANGED_BY_AN_UNDO}
    twins.merge()
    undo(twins)
    after = everything()
    assert {name: after[name] for name in before} == before
    assert faults() == []
    merge_id = twins.prepare()  # the same two can be joined again, and taken apart again
    merges.decide(twins.team.two, merge_id, agree=True)
    assert db.session.get_one(Person, twins.merged).merged_into_person_id == twins.kept


def test_an_undo_needs_two_officers_a_reason_and_is_in_time(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    twins.merge()
    merge_id = db.session.scalars(select(PersonMerge.id)).one()
    with pytest.raises(DomainError, match="Say how you know"):
        undoing_merges.prepare_undo(twins.team.one, merge_id, " ")
    undoing_merges.prepare_undo(twins.team.one, merge_id, "Two people")
    with pytest.raises(NotAllowed, match="a second person"):
        undoing_merges.decide_undo(twins.team.one, merge_id, agree=True)
    with pytest.raises(IntegrityError), transaction():  # the database knows it too
        db.session.execute(update(PersonMerge).values(undone_by_user_id=PersonMerge.undo_prepared_by_user_id))
    undoing_merges.decide_undo(twins.team.two, merge_id, agree=False)
    with pytest.raises(NotAllowed, match="Nobody has asked"):
        undoing_merges.decide_undo(twins.team.two, merge_id, agree=True)
    with clock.fixed_clock(clock.now() + timedelta(days=29)):
        with pytest.raises(NotAllowed, match="could be taken apart until"):
            undoing_merges.prepare_undo(twins.team.one, merge_id, "Two people")
        monkeypatch.setattr("budgets.queries.undoing.UNDONE_WITHIN", timedelta(days=99))
        undoing_merges.prepare_undo(twins.team.one, merge_id, "Two people")  # the control: by the stated time alone


@pytest.mark.parametrize("what", ["ordered", "spent"])
def test_what_was_bought_since_stops_an_undo_and_says_why(
    twins: Twins, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins.merge()
    merge_id = db.session.scalars(select(PersonMerge.id)).one()
    with transaction():
        if what == "ordered":
            OrderFactory(person_id=twins.kept, buyer_user_id=twins.user_id, council_id=twins.team.council_id)
        else:
            common = {"order_id": twins.order_id, "outcome_id": None, "actor_user_id": None, "mandate_id": None}
            book.refund(twins.pot_period_id, 500, cause="r", **common)
    word = "Something was ordered" if what == "ordered" else "Money of this person’s budgets moved"
    with pytest.raises(NotAllowed, match=word):
        undoing_merges.prepare_undo(twins.team.one, merge_id, "Two people")
    monkeypatch.setattr("budgets.services.undoing_merges.why_not", lambda row: None)
    undo(twins)  # the control: without the question the order is torn from its money, or stays with the wrong person
    of = Order.person_id == (twins.kept if what == "ordered" else twins.merged)
    assert db.session.scalar(select(func.count(Order.id)).where(of)) == 1


def test_what_was_said_of_payees_is_not_asked_again_and_an_undo_forgets_it(twins: Twins) -> None:
    with transaction():
        aunt, friend, both = (ProviderFactory().organisation_id for _ in range(3))
        for person_id, said in (
            (twins.merged, {aunt: Relationship.CLOSE_RELATIVE, friend: Relationship.NONE, both: Relationship.NONE}),
            (twins.kept, {both: Relationship.CLOSE_RELATIVE}),
        ):
            for organisation_id, relationship in said.items():
                db.session.add(
                    PayeeDeclaration(
                        person_id=person_id,
                        organisation_id=organisation_id,
                        relationship=relationship,
                        declared_at=clock.now(),
                    )
                )
    twins.merge()
    standing = payee_standings(twins.kept, [aunt, friend, both])
    assert {key: each.relationship for key, each in standing.items()} == {
        aunt: Relationship.CLOSE_RELATIVE,
        friend: Relationship.NONE,
        both: Relationship.CLOSE_RELATIVE,  # joining records loosens nothing
    }
    undo(twins)
    standing = payee_standings(twins.kept, [aunt, friend, both])
    assert not standing[aunt].is_declared and not standing[friend].is_declared
    assert standing[both].relationship is Relationship.CLOSE_RELATIVE
    assert payee_standings(twins.merged, [friend])[friend].may_be_paid


def test_the_page_undoes_a_merge_with_a_colleague(twins: Twins, client: FlaskClient) -> None:
    twins.merge()
    page, merge_id = "/council/people/merge", db.session.scalars(select(PersonMerge.id)).one()
    sign_in(client, twins.team.user_ids[0])
    assert "within 28 days" in text_of(client.get(page))
    wrong = submit(client, page, {"undo_reason": ""}, to=f"/council/people/merges/{merge_id}/undo")
    assert "Say how you know that they are two people" in text_of(wrong)
    submit(client, page, {"undo_reason": "Two people"}, to=f"/council/people/merges/{merge_id}/undo")
    assert "You asked for this." in text_of(client.get(page))
    sign_in(client, twins.team.user_ids[1])
    assert "/council/people/merge" in {each.href for each in list_decisions(twins.team.two)}
    submit(client, page, {}, to=f"/council/people/merges/{merge_id}/undo/agree")
    assert "There are two records again." in text_of(client.get(page))
