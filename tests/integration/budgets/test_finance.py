"""Council finance sets budgets up; more money counts at once, a cut needs two, and other councils see nothing."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from budgets.commands import ChangeAllocation
from budgets.domain import BudgetState, EntryKind
from budgets.models import AllocationChange, BudgetEntry, Person
from budgets.queries.book import balance, list_balances
from budgets.queries.finance import BudgetFilter, get_budget_for, list_budgets, list_changes
from budgets.queries.people import find_person_by_reference, get_person
from budgets.queries.pots import get_pot_choice
from budgets.services import book, finance
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.budgets import PersonFactory
from tests.integration.budgets.finance import Finance, assert_in_order
from tests.integration.budgets.orders import an_order


def test_a_budget_is_set_up_with_its_person_pot_period_and_money(team: Finance) -> None:
    budget_id, pot_period_id = team.set_up()
    person = find_person_by_reference(team.council_id, "P1")
    assert person is not None and (person.name, person.postcode) == ("Ida Cole", "DL3 7TX")
    now = balance(pot_period_id)
    assert (now.pot_name, now.yours_pence, now.left_pence, now.reference) == ("Respite", 520_000, 520_000, "B1")
    assert get_budget_for(team.one, budget_id).person_reference == "P1"
    assert_in_order()


def test_a_second_budget_for_a_known_reference_is_for_the_same_person(team: Finance) -> None:
    team.set_up()
    team.set_up(reference="B2", person_name="IDA  cole", rail=Rail.DIRECT_PAYMENT)
    assert db.session.scalar(select(func.count(Person.id))) == 1
    person = find_person_by_reference(team.council_id, "P1")
    assert person is not None and len(list_balances(person.id)) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": " "}, "reference"),
        ({"person_reference": ""}, "person_reference"),
        ({"rail": Rail.OWN_MONEY}, "rail"),
        ({"amount_pence": 0}, "amount"),
        ({"amount_pence": -1}, "amount"),
        ({"ends_on": date(2020, 1, 1)}, "ends_on"),
        ({"postcode": "DL99"}, "postcode"),
        ({"person_name": " "}, "person_name"),
        ({"isf_holder": "Nobody Ltd"}, "isf_holder"),
        ({"account_email": "nobody@example.org"}, "account_email"),
    ],
)
def test_what_cannot_be_set_up_says_which_answer_to_change(
    team: Finance, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        team.set_up(**changes)
    assert refused.value.field == field
    assert db.session.scalar(select(func.count(BudgetEntry.id))) == 0
    assert db.session.scalar(select(func.count(Person.id))) == 0


def test_a_reference_used_before_and_a_reference_of_somebody_else_are_refused(team: Finance) -> None:
    team.set_up()
    with pytest.raises(DomainError, match="There is a budget with this reference") as taken:
        team.set_up()
    assert taken.value.field == "reference"
    with pytest.raises(DomainError, match="somebody with another name"):
        team.set_up(reference="B2", person_name="Tom Ray")


def test_somebody_who_signs_in_finds_the_budget_in_their_own_account(team: Finance) -> None:
    with transaction():
        user_id = UserFactory(email="ida@example.org").id
        person_id = PersonFactory(user_id=user_id, name="Ida Cole", council_id=None).id
    with pytest.raises(DomainError, match="in another name"):
        team.set_up(account_email="ida@example.org", person_name="Tom Ray")
    team.set_up(account_email="Ida@example.org")
    assert [b.reference for b in list_balances(person_id)] == ["B1"]
    assert get_person(person_id).council_id == team.council_id
    with pytest.raises(DomainError, match="another council, or with another reference"):
        team.set_up(reference="B2", person_reference="P2", account_email="ida@example.org")


def test_an_isf_is_held_by_an_organisation_named_as_on_the_site(team: Finance) -> None:
    with transaction():
        holder = OrganisationFactory(name="Dales Support").id
    budget_id, _ = team.set_up(rail=Rail.ISF, isf_holder="dales  support")
    assert get_budget_for(team.one, budget_id).isf_holder_organisation_id == holder


def test_more_money_counts_at_once_as_an_entry_of_its_own(team: Finance) -> None:
    _, pot = team.set_up()
    assert team.change(pot, 600_000) is None
    assert balance(pot).allocated_pence == 600_000
    pence = db.session.scalars(
        select(BudgetEntry.pence).where(BudgetEntry.kind == EntryKind.ALLOCATE).order_by(BudgetEntry.id)
    ).all()
    assert pence == [520_000, 80_000]
    assert team.change(pot, 600_000) is None
    assert db.session.scalar(select(func.count(BudgetEntry.id))) == 2
    assert_in_order()


def test_a_cut_waits_and_only_a_second_person_of_the_team_makes_it_count(team: Finance) -> None:
    _, pot = team.set_up()
    change_id = team.change(pot, 400_000)
    assert change_id is not None
    assert balance(pot).allocated_pence == 520_000
    assert [(c.pence, c.after_pence) for c in list_changes(team.two)] == [(-120_000, 400_000)]
    with pytest.raises(NotAllowed, match="a second person"):
        finance.decide_change(team.one, change_id, agree=True)
    for user_id in (team.auditor_id, team.elsewhere_id):
        for agree in (True, False):
            with pytest.raises(NotFound):
                finance.decide_change(actor_of(user_id), change_id, agree=agree)
    assert balance(pot).allocated_pence == 520_000
    finance.decide_change(team.two, change_id, agree=True)
    finance.decide_change(team.two, change_id, agree=True)
    assert balance(pot).allocated_pence == 400_000
    assert list_changes(team.two) == []
    with pytest.raises(NotAllowed):
        finance.decide_change(team.two, change_id, agree=False)
    assert_in_order()


def test_the_database_itself_refuses_one_person_as_both(team: Finance) -> None:
    _, pot = team.set_up()
    team.change(pot, 400_000)
    with pytest.raises(DomainError, match="somebody else has to agree"), transaction(), finance.named_constraints():
        db.session.execute(
            update(AllocationChange).values(decided_by_user_id=team.user_ids[0], decided_at=clock.now(), approved=True)
        )


def test_a_cut_is_sent_back_or_taken_back_and_changes_nothing(team: Finance) -> None:
    _, pot = team.set_up()
    for actor in (team.two, team.one):
        change_id = team.change(pot, 400_000)
        assert change_id is not None
        finance.decide_change(actor, change_id, agree=False)
    assert balance(pot).allocated_pence == 520_000
    assert list_changes(team.one) == []


def test_a_cut_that_waited_until_its_period_was_over_can_only_be_sent_back(
    team: Finance, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pot = team.set_up(ends_on=clock.today(), review_on=None)
    change_id = team.change(pot, 400_000) or 0
    with clock.fixed_clock(clock.now() + timedelta(days=1)):
        with pytest.raises(DomainError, match="is closed"):
            finance.decide_change(team.two, change_id, agree=True)
        with monkeypatch.context() as without:
            without.setattr(finance, "_open_pot_of", lambda *_: None)
            finance.decide_change(team.two, change_id, agree=True)
            assert balance(pot).allocated_pence == 400_000  # what was left may have gone on into the next period
    _, other = team.set_up(reference="B2", person_reference="P2")
    waiting = team.change(other, 400_000) or 0
    finance.set_state(team.one, get_pot_choice(other).budget_id, BudgetState.ENDED, reason="Moved away")
    with pytest.raises(NotAllowed, match="has ended"):
        finance.decide_change(team.two, waiting, agree=True)
    with pytest.raises(NotAllowed, match="has ended"):
        team.change(other, 600_000)
    finance.decide_change(team.two, waiting, agree=False)
    assert balance(other).allocated_pence == 520_000
    assert list_changes(team.two) == []


def test_a_newer_amount_stands_in_place_of_a_cut_that_waits(team: Finance) -> None:
    _, pot = team.set_up()
    first = team.change(pot, 400_000)
    second = team.change(pot, 450_000)
    assert [c.id for c in list_changes(team.two)] == [second]
    with pytest.raises(NotAllowed):
        finance.decide_change(team.two, first or 0, agree=True)
    team.change(pot, 530_000)
    assert list_changes(team.two) == []
    assert balance(pot).allocated_pence == 530_000


def test_a_cut_below_what_is_promised_shows_the_pot_as_overcommitted(team: Finance) -> None:
    _, pot = team.set_up()
    person_id = balance(pot).person_id
    with transaction():
        book.hold(
            pot,
            300_000,
            cause="hold",
            order_id=an_order(person_id),
            outcome_id=None,
            actor_user_id=team.user_ids[0],
            mandate_id=None,
        )
    change_id = team.change(pot, 100_000)
    assert list_changes(team.two)[0].left_after_pence == -200_000
    finance.decide_change(team.two, change_id or 0, agree=True)
    assert balance(pot).overcommitted
    shown = list_budgets(team.one, BudgetFilter(overcommitted=True))
    assert [b.pot_period_id for b in shown.rows] == [pot]


@pytest.mark.parametrize(("pence", "reason", "field"), [(-1, "x", "amount"), (100, " ", "reason")])
def test_a_change_without_a_reason_or_below_nothing_is_refused(
    team: Finance, pence: int, reason: str, field: str
) -> None:
    _, pot = team.set_up()
    with pytest.raises(DomainError) as refused:
        team.change(pot, pence, reason)
    assert refused.value.field == field


def test_other_councils_and_other_roles_find_nothing(team: Finance) -> None:
    budget_id, pot = team.set_up()
    for user_id in (team.elsewhere_id, team.auditor_id):
        actor = actor_of(user_id)
        with pytest.raises(NotFound):
            finance.set_up_budget(actor, replace(team.command, reference="B9"))
        with pytest.raises(NotFound):
            finance.change_allocation(actor, ChangeAllocation(pot, 1, "x"))
        with pytest.raises(NotFound):
            finance.set_state(actor, budget_id, BudgetState.ENDED, reason="x")
    elsewhere = actor_of(team.elsewhere_id)
    with pytest.raises(NotFound):
        get_budget_for(elsewhere, budget_id)
    assert list_budgets(elsewhere, BudgetFilter()).rows == []
    auditor = actor_of(team.auditor_id)
    assert get_budget_for(auditor, budget_id).id == budget_id
    assert len(list_budgets(auditor, BudgetFilter()).rows) == 1


def test_a_budget_is_paused_goes_on_and_ends_for_good(team: Finance) -> None:
    budget_id, _ = team.set_up()
    for state in (BudgetState.SUSPENDED, BudgetState.ACTIVE, BudgetState.ENDED, BudgetState.ENDED):
        finance.set_state(team.one, budget_id, state, reason="Moved away")
        assert get_budget_for(team.one, budget_id).state is state
    with pytest.raises(NotAllowed):
        finance.set_state(team.one, budget_id, BudgetState.ACTIVE, reason="Back")
    with pytest.raises(DomainError):
        finance.set_state(team.one, budget_id, BudgetState.ACTIVE, reason="")


def test_the_list_finds_by_name_and_reference_and_totals_agree(team: Finance) -> None:
    team.set_up()
    team.set_up(reference="B2", person_reference="P2", person_name="Tom Ray", amount_pence=10_000, rail=Rail.ISF)
    page = list_budgets(team.one, BudgetFilter())
    assert [b.person_name for b in page.rows] == ["Ida Cole", "Tom Ray"]
    assert (page.totals.people, page.totals.allocated_pence, page.totals.left_pence) == (2, 530_000, 530_000)
    for wanted, found in (
        (BudgetFilter(text="tom"), ["B2"]),
        (BudgetFilter(text="p1"), ["B1"]),
        (BudgetFilter(text="b2"), ["B2"]),
        (BudgetFilter(text="%"), []),  # it stands for itself, and for nothing else
        (BudgetFilter(rail=Rail.ISF), ["B2"]),
        (BudgetFilter(state=BudgetState.ENDED), []),
    ):
        assert [b.reference for b in list_budgets(team.one, wanted).rows] == found, wanted
    assert len(list_budgets(team.one, BudgetFilter(), page=2, size=1).rows) == 1
    assert list_budgets(team.one, BudgetFilter(), size=1).pages == 2
