"""Whoever has no right gets nothing from any service, whatever page, job or file asks for them.

Pages keep strangers out before a service is asked. So each service is asked here by itself, by somebody with every
role, elsewhere: in another council, another firm, another access point.
"""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets.commands import WhereYouLive
from budgets.domain import ConsentHow, ConsentKind, MandateAction, ProposedLine
from budgets.domain.mandates import LegalBasis
from budgets.errors import LineRefused
from budgets.models import Mandate, MandatePot, MandateStaff
from budgets.queries import access, amounts, finance, interests, merges, surplus
from budgets.services import finance as finance_services
from budgets.services import hand_overs, homes, mandates, paper_letters, pots, reviews, safeguarding
from budgets.services import interests as interest_services
from budgets.services import merges as merge_services
from budgets.services import surplus as surplus_services
from budgets.services.restrictions import questions
from budgets.services.rights import judge_order
from catalogue.services import claims, listings, providers
from marketplace.accounts.domain import ANYONE, Actor, OrganisationKind, Role
from marketplace.accounts.models import Membership
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.desk import services as desk
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.planning.queries import help_requests
from marketplace.planning.queries import rounds as round_queries
from marketplace.planning.queries.evidence import get_order_with_files
from marketplace.planning.services import assisted, evidence, monitoring, rounds
from payments.queries import bank_details, spending_exports
from payments.queries.frame import frame_of
from payments.queries.standing import Side
from payments.services import baskets, fees, onboarding
from payments.services.checkout import answers, at_once, paying
from tests.architecture.visitors import HARTLEPOOL_GSS
from tests.architecture.world import World, build, everything
from tests.browser import sign_in
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import ConsentFactory, MandateFactory, PersonFactory

_KIND = {
    Role.PROVIDER: OrganisationKind.PROVIDER,
    Role.FUND_FINANCE: OrganisationKind.SUPPORT,
    Role.ACCESS_POINT_WORKER: OrganisationKind.ACCESS_POINT,
}


@pytest.fixture
def database() -> str:
    return "sqlite"  # who may do what knows no database; each package tests its own reading on both


@pytest.fixture
def world(app: Flask) -> World:
    return build()


@pytest.fixture
def stranger(world: World) -> Actor:
    """Somebody with every role but the operator's, in organisations of another council."""
    with transaction():
        user_id, elsewhere = UserFactory(name="From elsewhere").id, council(HARTLEPOOL_GSS).id
        for role in Role:
            if role is not Role.OPERATOR:
                kind = _KIND.get(role, OrganisationKind.COUNCIL)
                place = OrganisationFactory(kind=kind, council_id=elsewhere, name=f"Elsewhere {role}")
                MembershipFactory(user_id=user_id, organisation_id=place.id, role=role)
    return actor_of(user_id)


def attempts(world: World) -> dict[str, Callable[[Actor], object]]:
    """What somebody might do to things of the world by its service."""
    ids: dict[str, Any] = world.ids
    person_id, mandate_id = world.person_id, ids["mandate_id"]
    theirs = SimpleNamespace(council_id=ids["council_id"], budget_id=ids["budget_id"], reason="Why", holder="1")
    visitor = assisted.Visitor("Ivy Robson", "DL3 7TX")
    with transaction():
        place = OrganisationFactory(kind=OrganisationKind.ACCESS_POINT, council_id=ids["council_id"]).id
    provider = world.of_endpoint["catalogue.provider_profile"]["organisation_id"]
    return {
        "raise a flag": lambda actor: safeguarding.raise_flag(actor, person_id, reason="Why"),
        "lift a flag": lambda actor: safeguarding.lift_flag(actor, person_id, reason="Why"),
        "suspend": lambda actor: mandates.suspend(actor, mandate_id, reason="Why"),
        "let go on": lambda actor: mandates.resume(actor, mandate_id, reason="Why"),
        "act as an officer": lambda actor: mandates.check_officer(actor, mandates.get_mandate(mandate_id)),
        "set up a budget": lambda actor: finance_services.set_up_budget(actor, theirs),  # type: ignore[arg-type]
        "name a holder": lambda actor: finance_services.change_holder(actor, theirs),  # type: ignore[arg-type]
        "add a pot": lambda actor: pots.add_pot(
            actor,
            ids["budget_id"],
            SimpleNamespace(name="A pot", purpose="", categories=(), outside=None, rolls_over=False),  # type: ignore[arg-type]
        ),
        "join records": lambda actor: merge_services.prepare(actor, ids["council_id"], "A-1", "A-2", "The same"),
        "propose a rule": lambda actor: surplus_services.propose_rule(
            actor, ids["council_id"], weeks_kept=4, notice_days=30
        ),
        "let keep": lambda actor: surplus_services._owned(actor, ids["surplus_id"]),
        "say where one lives, as nobody": lambda actor: homes.say_where(ANYONE, WhereYouLive("DL3 7TX", "Home")),
        "declare": lambda actor: interest_services.declare(ANYONE, SimpleNamespace(words="Words")),  # type: ignore[arg-type]
        "read bank details": lambda actor: bank_details.list_details_for(actor, provider),
        "move a basket": lambda actor: baskets.move_to_person(actor, baskets.Owner(actor.user_id), person_id),
        "move a basket, signed out": lambda actor: baskets.move_to_person(ANYONE, baskets.Owner(None), None),
        "begin a checkout": lambda actor: answers.begin(actor, person_id),
        "begin a checkout, signed out": lambda actor: answers.begin(ANYONE, person_id),
        "order at once, signed out": lambda actor: at_once._basket(ANYONE, SimpleNamespace()),  # type: ignore[arg-type]
        "pay": lambda actor: paying.mine(actor, ids["checkout_id"]),
        "mark a fee unpaid": lambda actor: fees.mark_unpaid(actor, ids["council_id"], ids["instalment_id"], "Why"),
        "open an account at Stripe": lambda actor: onboarding.start(actor, provider, return_url="", refresh_url=""),
        "claim, signed out": lambda actor: claims.claim(ANYONE, provider, position="Manager", evidence="My own email"),
        "decide a claim": lambda actor: claims.decide(actor, ids["claim_id"], accepted=False, words="Why"),
        "begin a listing": lambda actor: listings.begin(actor, provider, SimpleNamespace()),  # type: ignore[arg-type]
        "change a profile": lambda actor: providers.change_profile(actor, provider, SimpleNamespace()),  # type: ignore[arg-type]
        "let a council join": lambda actor: desk.join_council(actor, theirs),  # type: ignore[arg-type]
        "set a rule": lambda actor: monitoring.set_rule(
            actor,
            SimpleNamespace(sign="quiet", council_id=ids["council_id"]),  # type: ignore[arg-type]
        ),
        "serve": lambda actor: assisted.serve(
            actor, visitor, person_id=None, organisation_id=place, how=ConsentHow.SPOKEN
        ),
        "hand over": lambda actor: hand_overs.ask(
            actor, mandates.get_mandate(mandate_id), world.owner_user_id, "Words"
        ),
        "question a rule": lambda actor: questions.ask(actor, ids["restriction_id"], "Why?"),
        "read requests for help": lambda actor: help_requests.list_requests(actor, person_id),
        "hold a review": lambda actor: reviews.hold(actor, ids["plan_review_id"], held_on=clock.today(), words="Words"),
        "try a round again": lambda actor: rounds.try_again(actor, ids["round_id"], key="o" * 43),
    }


def test_no_service_does_anything_for_whoever_has_no_right(world: World, stranger: Actor) -> None:
    tried = attempts(world)
    before, done = everything(), []
    for words, attempt in tried.items():
        try:
            attempt(stranger)
        except NotFound:
            continue
        except Exception as error:
            done.append(f"{words}: {error!r}")
        else:
            done.append(words)
    assert done == []
    after = everything()
    assert [table for table, rows in before.items() if after[table] != rows] == []


def test_lists_hold_nothing_of_another_council_organisation_or_person(world: World, stranger: Actor) -> None:
    ids: Any = world.ids
    with transaction():
        own = {role: actor_of(user_with_role(role).id) for role in (Role.COUNCIL_FINANCE, Role.SOCIAL_WORKER)}
    finance_here, worker_here = own[Role.COUNCIL_FINANCE], own[Role.SOCIAL_WORKER]
    lists: dict[str, tuple[Actor, Callable[[Actor], Any]]] = {
        "amounts": (finance_here, amounts.list_amounts),
        "changes": (finance_here, finance.list_changes),
        "loads": (finance_here, finance.list_loads),
        "newest budget": (finance_here, lambda actor: finance.newest_budget_of(actor, world.person_id)),
        "merges": (finance_here, merges.list_merges),
        "rules": (finance_here, surplus.list_waiting_rules),
        "surpluses": (finance_here, surplus.list_surpluses),
        "exports": (finance_here, spending_exports.list_exports),
        "letters": (worker_here, paper_letters.list_to_print),
        "interests": (actor_of(_declarer(ids["interest_id"])), interests.list_interests),
        "rounds": (actor_of(world.owner_user_id), round_queries.list_rounds),
    }
    assert {words: bool(read(owner)) for words, (owner, read) in lists.items()} == dict.fromkeys(lists, True)
    assert {words: bool(read(stranger)) for words, (_, read) in lists.items()} == dict.fromkeys(lists, False)


def _declarer(interest_id: int) -> int:
    from budgets.models import DeclaredInterest

    return int(db.session.get_one(DeclaredInterest, interest_id).declared_by_user_id)


def test_whom_a_mandate_names_is_told_of_that_person_and_that_act_alone(world: World) -> None:
    with transaction():
        named, other, ended = (UserFactory().id for _ in range(3))
        MandateFactory(person_id=world.person_id, staff=[named], actions=[MandateAction.CONFIRM])
        MandateFactory(person_id=PersonFactory().id, staff=[other], actions=[MandateAction.CONFIRM])
        MandateFactory(person_id=world.person_id, staff=[ended], actions=[MandateAction.CONFIRM], ended=True)
        MandateFactory(person_id=world.person_id, staff=[ended], actions=[MandateAction.REVIEW])
    found = access.list_user_ids_named(world.person_id, MandateAction.CONFIRM)
    assert named in found and not {other, ended} & set(found)


def test_consents_count_for_their_person_their_place_their_kind_and_their_hours(world: World) -> None:
    with transaction():
        worker = actor_of(user_with_role(Role.ACCESS_POINT_WORKER).id)
        place = worker.memberships[0].organisation_id
        served = PersonFactory(name="Served").id
        sharing, tomorrow = PersonFactory(name="Sharing").id, PersonFactory(name="Tomorrow").id
        now = clock.now()
        ConsentFactory(person_id=served, organisation_id=place, assisted=True)
        ConsentFactory(
            person_id=sharing, organisation_id=place, kind=ConsentKind.SHARE_PURCHASES, ends_at=now + timedelta(hours=1)
        )
        ConsentFactory(
            person_id=tomorrow,
            organisation_id=place,
            assisted=True,
            given_at=now + timedelta(hours=1),
            ends_at=now + timedelta(hours=2),
        )
    for read in (
        access.list_assisted_people,
        access.list_acting,
        lambda actor: access.list_people(actor, MandateAction.ORDER),
    ):
        assert [person.id for person in read(worker)] == [served]
    assert access.find_assistance(worker, served) and access.find_acting(worker, served)
    for nobody in (sharing, tomorrow, world.person_id):
        assert access.find_assistance(worker, nobody) is None
        assert access.find_acting(worker, nobody) is None
    with transaction():
        own = PersonFactory(name="The worker", user_id=worker.user_id).id
        ConsentFactory(person_id=own, organisation_id=place, assisted=True)
    assert access.find_acting(worker, own) is None, "nobody acts for themself"
    assert [person.id for person in access.list_acting(worker)] == [served]


def test_an_officer_who_is_named_in_an_authority_does_not_confirm_it(world: World) -> None:
    with transaction():
        officer = user_with_role(Role.SOCIAL_WORKER).id
        colleague = user_with_role(Role.SOCIAL_WORKER).id
        mandate_id = MandateFactory(
            person_id=world.person_id,
            staff=[officer],
            legal_basis=LegalBasis.COUNCIL_OFFICER,
            organisation_id=actor_of(officer).memberships[0].organisation_id,
            unconfirmed=True,
            granted_by_user_id=UserFactory().id,
        ).id
    with pytest.raises(NotAllowed, match="You are named in this authority"):
        mandates.confirm(actor_of(officer), mandate_id)
    mandates.confirm(actor_of(colleague), mandate_id)
    assert db.session.get_one(Mandate, mandate_id).confirmed_at is not None


def test_the_file_for_the_bank_is_for_the_payers_own_finance(
    app: Flask, client: FlaskClient, world: World, stranger: Actor
) -> None:
    """Finance of another council may also work for a provider in the run, and so read its own remittance; and be an
    auditor here, and so read the run."""
    provider = world.of_endpoint["payments.remittance"]["organisation_id"]
    with transaction():
        here = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=int(world.ids["council_id"]))
        MembershipFactory(user_id=stranger.user_id, organisation_id=here.id, role=Role.AUDITOR)
        db.session.add(
            Membership(user_id=stranger.user_id, organisation_id=provider, role=Role.PROVIDER, created_at=clock.now())
        )
    sign_in(client, stranger.user_id or 0)
    ids = {name: world.ids[name] for name in ("payment_id",)} | {"run_id": world.ids["sent_run_id"]}
    routes: dict[str, dict[str, Any]] = {
        "payments.remittance": {"organisation_id": provider},
        "payments.settlement_run": {},
        "payments.settlement_bacs": {},
    }
    addresses = {
        endpoint: app.url_map.bind("localhost").build(endpoint, ids | more)
        for endpoint, more in {**routes, "payments.settlement_returned": {}}.items()
    }
    statuses = {endpoint: client.get(address.partition("?")[0]).status_code for endpoint, address in addresses.items()}
    assert statuses == {
        "payments.remittance": 200,
        "payments.settlement_run": 200,
        "payments.settlement_bacs": 404,
        "payments.settlement_returned": 404,
    }


def test_who_serves_somebody_never_orders_from_a_firm_of_their_own(world: World) -> None:
    with transaction():
        user = user_with_role(Role.ACCESS_POINT_WORKER)
        place = actor_of(user.id).memberships[0].organisation_id
        firm = OrganisationFactory(kind=OrganisationKind.PROVIDER)
        MembershipFactory(user_id=user.id, organisation_id=firm.id, role=Role.PROVIDER)
        person_id = PersonFactory().id
        ConsentFactory(person_id=person_id, organisation_id=place, assisted=True)
        firm_id, other = firm.id, OrganisationFactory(kind=OrganisationKind.PROVIDER).id
    worker = actor_of(user.id)
    assert (
        judge_order(
            worker, person_id, 1_000, [ProposedLine(1_000, "home-care", clock.today(), None, other)]
        ).assisted_organisation_id
        == place
    )
    with pytest.raises(LineRefused, match="You work for this provider"):
        judge_order(worker, person_id, 1_000, [ProposedLine(1_000, "home-care", clock.today(), None, firm_id)])


def test_who_is_named_for_some_days_acts_on_those_days_alone(world: World) -> None:
    today = clock.today()
    days = {"before": (1, 9), "after": (-9, -1), "now": (-1, 1), "first": (0, 9), "last": (-9, 0)}
    with transaction():
        mandate = MandateFactory(person_id=world.person_id, actions=[MandateAction.ORDER])
        named = {when: UserFactory().id for when in days}
        for when, (first, last) in days.items():
            db.session.add(
                MandateStaff(
                    mandate_id=mandate.id,
                    user_id=named[when],
                    starts_on=today + timedelta(days=first),
                    ends_on=today + timedelta(days=last),
                )
            )
    acts = {when for when, user_id in named.items() if access.find_acting(actor_of(user_id), world.person_id)}
    told = set(access.list_user_ids_named(world.person_id, MandateAction.ORDER))
    assert acts == {"now", "first", "last"}
    assert {when for when, user_id in named.items() if user_id in told} == acts
    assert {when for when, user_id in named.items() if frame_of(user_id, None, None).manages_people} == acts


def test_a_mandate_is_limited_to_its_own_pots_and_not_to_those_of_another(world: World) -> None:
    with transaction():
        user_id = UserFactory().id
        narrow, wide = (MandateFactory(person_id=world.person_id, staff=[user_id]).id for _ in range(2))
        db.session.add(MandatePot(mandate_id=narrow, pot_id=int(world.ids["pot_id"])))
    found = {mandate.id: mandate.pot_ids for mandate in access.list_mandates_of(actor_of(user_id))}
    assert found == {narrow: {world.ids["pot_id"]}, wide: frozenset()}


def test_finance_neither_hands_in_receipts_nor_opens_one_without_saying_why(client: FlaskClient, world: World) -> None:
    with transaction():
        officer = actor_of(user_with_role(Role.COUNCIL_FINANCE).id)
    order_id = int(world.ids["order_id"])
    assert get_order_with_files(officer, order_id).standing.side is Side.COUNCIL
    with pytest.raises(NotFound):
        evidence.hand_in(officer, order_id, SimpleNamespace(line_no=None))  # type: ignore[arg-type]
    sign_in(client, officer.user_id or 0)
    assert client.get(f"/orders/{order_id}/evidence/{world.ids['evidence_id']}").status_code == 404


def test_nobody_holds_a_review_of_their_own_plan(world: World) -> None:
    with transaction():
        place = user_with_role(Role.COUNCIL_FINANCE)
        team = actor_of(place.id).memberships[0].organisation_id
        MembershipFactory(user_id=world.owner_user_id, organisation_id=team, role=Role.COUNCIL_FINANCE)
        colleague = place.id
    review_id = int(world.ids["plan_review_id"])
    with pytest.raises(NotFound):
        reviews.hold(actor_of(world.owner_user_id), review_id, held_on=clock.today(), words="All is well")
    reviews.hold(actor_of(colleague), review_id, held_on=clock.today(), words="All is well")
