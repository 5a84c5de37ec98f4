"""One queue for whoever must say yes or no: each sees what they may decide, never their own, in a fixed number of
statements."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from budgets.domain import LegalBasis, MandateAction
from budgets.domain.payees import Relationship
from budgets.models import AllocationChange, Mandate, PayeeNecessity, PersonMerge, Surplus, SurplusRule
from budgets.queries import decisions as of_budgets
from marketplace.accounts.decisions import list_decisions
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from payments.domain import OrderState, RefundState, RunState
from payments.models import Approval, BankDetails, OrderFunding, Refund, SettlementRun
from payments.queries import decisions as of_payments
from tests.browser import Browser, sign_in, text_of
from tests.factories.accounts import MembershipFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, DeclarationFactory, MandateFactory, PersonFactory
from tests.factories.catalogue import ProviderFactory
from tests.factories.payments import OrderFactory
from tests.integration.planning.counting import queries_of


class Waiting:
    """Of each kind one thing, prepared by `first` of each role; `second` is a colleague of theirs."""

    def __init__(self) -> None:
        self.numbers = iter(range(1, 1_000))
        with transaction():
            roles = (Role.SOCIAL_WORKER, Role.COUNCIL_FINANCE, Role.OPERATOR)
            first, second = ({role: user_with_role(role).id for role in roles} for _ in range(2))
            provider = ProviderFactory()
            owners = [UserFactory().id for _ in range(2)]
            for user_id in owners:
                MembershipFactory(user_id=user_id, organisation_id=provider.organisation_id, role=Role.PROVIDER)
            first[Role.PROVIDER], second[Role.PROVIDER] = owners
            reader = UserFactory().id
            self.provider_id = provider.organisation_id
            self.first, self.second, self.reader = first, second, reader
            self.more()

    def more(self) -> None:
        """One more of each kind; joins the open transaction."""
        number, now = next(self.numbers), clock.now()
        person = PersonFactory(name=f"Person {number}")
        mandate = MandateFactory(person_id=person.id, legal_basis=LegalBasis.DEPUTY, staff=[UserFactory().id])
        db.session.execute(
            update(Mandate)
            .where(Mandate.id == mandate.id)
            .values(granted_by_user_id=self.first[Role.SOCIAL_WORKER], confirmed_by_user_id=None, confirmed_at=None)
        )
        budget = BudgetFactory(person_id=person.id)
        DeclarationFactory(person_id=person.id, organisation_id=self.provider_id, relationship=Relationship.PARTNER)
        order = OrderFactory(person_id=person.id, state=OrderState.DONE)
        waiting = OrderFactory(
            person_id=person.id, state=OrderState.AWAITING_APPROVAL, answer_by=now + timedelta(days=7)
        )
        MandateFactory(person_id=person.id, staff=[self.reader], actions=[MandateAction.APPROVE])
        db.session.add_all(
            [
                AllocationChange(
                    pot_period_id=budget.pot_period_id,
                    pence=-1_000,
                    reason="Reviewed",
                    prepared_by_user_id=self.first[Role.COUNCIL_FINANCE],
                    prepared_at=now,
                ),
                Surplus(
                    pot_period_id=budget.pot_period_id,
                    council_id=council().id,
                    left_pence=2_000,
                    kept_pence=500,
                    warned_at=now,
                    not_before=clock.today(),
                    reclaim_pence=1_500,
                    reason="Nothing is planned",
                    prepared_by_user_id=self.first[Role.COUNCIL_FINANCE],
                    prepared_at=now,
                ),
                SurplusRule(
                    council_id=council().id,
                    weeks_kept=6,
                    notice_days=30,
                    prepared_by_user_id=self.first[Role.COUNCIL_FINANCE],
                    prepared_at=now,
                ),
                PersonMerge(
                    council_id=council().id,
                    kept_person_id=person.id,
                    merged_person_id=PersonFactory().id,
                    reason="The same date of birth and address",
                    prepared_by_user_id=self.first[Role.COUNCIL_FINANCE],
                    prepared_at=now,
                ),
                PayeeNecessity(
                    person_id=person.id,
                    organisation_id=self.provider_id,
                    council_id=council().id,
                    reason="Nobody else speaks her language",
                    starts_on=clock.today(),
                    ends_on=clock.today() + timedelta(days=30),
                    recorded_by_user_id=self.first[Role.SOCIAL_WORKER],
                    recorded_at=now,
                ),
                Refund(
                    key=f"r{number}",
                    order_id=order.id,
                    order_funding_id=db.session.scalars(
                        select(OrderFunding.id).where(OrderFunding.order_id == order.id)
                    ).one(),
                    state=RefundState.WAITING,
                    pence=25_000,
                    levy_back_pence=625,
                    reason_code="not_done",
                    asked_by_user_id=self.first[Role.OPERATOR],
                    asked_at=now,
                ),
                SettlementRun(
                    reference=f"DARL-{number:04}",
                    council_id=council().id,
                    state=RunState.PREPARED,
                    up_to=clock.today(),
                    gross_pence=1_000,
                    levy_pence=25,
                    prepared_by_user_id=self.first[Role.COUNCIL_FINANCE],
                    prepared_at=now,
                ),
                BankDetails(
                    organisation_id=self.provider_id,
                    account_name="Dales",
                    sort_code="200000",
                    account_number="55779911",
                    given_by_user_id=self.first[Role.PROVIDER],
                    given_at=now,
                    usable_from=now + timedelta(days=3),
                ),
                Approval(
                    order_id=waiting.id,
                    prepared_by_user_id=waiting.buyer_user_id,
                    why="Above the limit",
                    content_digest="0" * 64,
                    asked_at=now,
                    ends_at=now + timedelta(days=7),
                ),
            ]
        )
        db.session.flush()


GROUPS = {
    Role.SOCIAL_WORKER: [of_budgets.MANDATES, of_budgets.RELATIVES],
    Role.COUNCIL_FINANCE: [
        of_budgets.CUTS,
        of_budgets.RECLAIMS,
        of_budgets.RULES,
        of_budgets.MERGES,
        of_payments.RUNS,
    ],
    Role.OPERATOR: [of_payments.REFUNDS],
    Role.PROVIDER: [of_payments.BANK],
}


def groups(actor: Actor) -> list[str]:
    return [group for group, _ in list_decisions(actor)]


def test_each_sees_what_a_colleague_prepared_and_never_their_own(app: Flask) -> None:
    town = Waiting()
    for role, expected in GROUPS.items():
        assert groups(actor_of(town.second[role])) == expected
        assert groups(actor_of(town.first[role])) == []
    with transaction():
        stranger = UserFactory().id
        auditor = user_with_role(Role.AUDITOR).id
    assert groups(actor_of(stranger)) == groups(actor_of(auditor)) == []


def test_who_is_named_in_an_authority_is_not_asked_to_confirm_it(app: Flask) -> None:
    town = Waiting()
    with transaction():
        named = user_with_role(Role.SOCIAL_WORKER).id
        mandate = MandateFactory(person_id=PersonFactory().id, legal_basis=LegalBasis.COUNCIL_OFFICER, staff=[named])
        values = {"granted_by_user_id": town.first[Role.SOCIAL_WORKER], "confirmed_by_user_id": None}
        db.session.execute(update(Mandate).where(Mandate.id == mandate.id).values(**values, confirmed_at=None))
    assert [len(found) for _, found in list_decisions(actor_of(named))] == [1, 1]
    assert [len(found) for _, found in list_decisions(actor_of(town.second[Role.SOCIAL_WORKER]))] == [2, 1]


def test_the_queue_takes_as_many_statements_for_thirty_as_for_one(app: Flask) -> None:
    town = Waiting()
    app.test_client_class = Browser
    who = {**{str(role): user_id for role, user_id in town.second.items()}, "reader": town.reader}
    clients = {}
    for name, user_id in who.items():
        clients[name] = app.test_client()
        sign_in(clients[name], user_id)
    few = {name: queries_of(client, "/approvals") for name, client in clients.items()}
    with transaction():
        for _ in range(29):
            town.more()
    assert "30 orders wait for you" in text_of(clients["reader"].get("/approvals"))
    assert "150 things wait for you" in text_of(clients[str(Role.COUNCIL_FINANCE)].get("/approvals"))
    assert {name: queries_of(client, "/approvals") for name, client in clients.items()} == few


def test_each_thing_leads_to_the_page_on_which_it_is_decided(app: Flask) -> None:
    town = Waiting()
    app.test_client_class = Browser
    buttons = dict.fromkeys((of_budgets.RECLAIMS, of_budgets.RELATIVES, of_budgets.RULES, of_budgets.MERGES), "Agree")
    for role in (Role.COUNCIL_FINANCE, Role.SOCIAL_WORKER):
        actor = actor_of(town.second[role])
        client = app.test_client()
        sign_in(client, actor.user_id or 0)
        for group, (decision,) in list_decisions(actor):
            if group in buttons:
                assert buttons.pop(group) in text_of(client.get(decision.href))
    assert buttons == {}


def test_without_leaving_out_their_own_somebody_would_be_asked_to_agree_to_it(app: Flask) -> None:
    """The negative control of the first test: the same list, read as somebody who is nobody's preparer."""
    town = Waiting()
    first = actor_of(town.first[Role.COUNCIL_FINANCE])
    as_nobody = Actor(None, first.name, first.email, first.memberships)
    assert groups(first) == [] and groups(as_nobody) == GROUPS[Role.COUNCIL_FINANCE]
