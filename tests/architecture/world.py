"""Somebody else's things, one of each kind, and a visitor of each kind who has no right to any of them.

The things belong to people, a provider and a council team of Darlington. The visitors who work for a council work for
Hartlepool. So whatever a visitor sees of these things is what a stranger sees.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from budgets.domain import ConsentHow, ContributionHow, Every
from budgets.domain.interests import InterestKind
from budgets.domain.loads import LoadState
from budgets.domain.payees import Relationship
from budgets.domain.people import LetterAbout
from budgets.domain.plans import ReviewReason, SolutionKind
from budgets.models import (
    AllocationChange,
    BudgetLoad,
    DeclaredInterest,
    HandOver,
    MandatePaper,
    MandateQuestion,
    PaperLetter,
    PayeeDeclaration,
    PayeeNecessity,
    PersonMerge,
    PlanReview,
    PlanSolution,
    PlanVersion,
    PotAmount,
    Surplus,
    SurplusRule,
)
from catalogue.models import ProviderClaim
from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.accounts.models import Invitation, Membership, SignIn
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.rails import Rail
from marketplace.outbox.email import queue_email
from marketplace.outbox.models import OutboxRow
from marketplace.planning.evidence import EvidenceKind
from marketplace.planning.models import (
    MonitoringRule,
    NeedsForm,
    NoteAudience,
    OrderEvidence,
    PersonNote,
    PlanNote,
    Round,
)
from marketplace.planning.monitoring import Sign
from marketplace.planning.rounds import RoundKind
from marketplace.uploads.content import MediaType
from marketplace.uploads.models import Upload
from marketplace.uploads.services import store
from payments import ledger
from payments.domain import OrderState, RefundState, RunState
from payments.ledger import stories
from payments.models import (
    Approval,
    Checkout,
    Dispute,
    LevyRate,
    OrderFunding,
    Refund,
    SettlementRun,
    SpendingExport,
)
from tests.architecture.addresses import WORDS, of_endpoints
from tests.architecture.oversight import rule_for_one, sample
from tests.architecture.papers import fee_invoice, help_request, levy_invoice, waiting_for_operators
from tests.architecture.payouts import paid_in_run
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, MandateFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.factories.payments import BasketFactory, BasketLineFactory, OrderFactory
from tests.factories.ratings import reviewed
from tests.pictures import PDF


@dataclass(frozen=True)
class World:
    """Ids of somebody else's things, by the name that a route gives them."""

    ids: dict[str, int | str]
    of_endpoint: dict[str, dict[str, int | str]]

    @property
    def owner_user_id(self) -> int:
        return int(self.ids["user_id"])

    @property
    def person_id(self) -> int:
        return int(self.ids["person_id"])

    def values_for(self, endpoint: str, names: set[str]) -> dict[str, int | str]:
        """The values of a route's variables. Raises KeyError when this world does not know one."""
        special = self.of_endpoint.get(endpoint, {})
        return {name: special.get(name, self.ids.get(name, "")) or self._unknown(endpoint, name) for name in names}

    def _unknown(self, endpoint: str, name: str) -> int:
        raise KeyError(f"tell tests/architecture/world.py what `{name}` of {endpoint} is")


def build(mark: str = "") -> World:
    """Make somebody else's things. A second world needs a `mark` of its own, for what is booked once."""
    review_id = reviewed()
    with transaction():
        ids, special = _things(mark)
    ids["review_id"] = review_id
    return World(ids, special)


def _things(mark: str) -> tuple[dict[str, int | str], dict[str, dict[str, int | str]]]:
    now, theirs = clock.now(), council().id
    owner, staff = UserFactory(name="Owner"), user_with_role(Role.COUNCIL_FINANCE, name="Finance of Darlington")
    person = PersonFactory(user_id=owner.id)
    budget = BudgetFactory(person_id=person.id)
    manager = user_with_role(Role.BUDGET_MANAGER)
    mandate = MandateFactory(person_id=person.id, staff=[manager.id])
    outcome = OutcomeFactory(person_id=person.id)
    provider = ProviderFactory()
    MembershipFactory(user_id=UserFactory().id, organisation_id=provider.organisation_id, role=Role.PROVIDER)
    listing, draft = ListingFactory(provider=provider), ListingFactory(provider=provider, draft=True)
    order = OrderFactory(person_id=person.id, buyer_user_id=owner.id, listing=listing, council_id=theirs)
    waiting = OrderFactory(
        person_id=person.id, buyer_user_id=owner.id, listing=listing, council_id=theirs, state=OrderState.DONE
    )
    basket = BasketFactory(user_id=owner.id, person_id=person.id)
    line = BasketLineFactory(basket=basket, listing=listing)
    organisation = OrganisationFactory(kind=OrganisationKind.SUPPORT, name="Other people's brokers")
    member = MembershipFactory(user_id=UserFactory().id, organisation_id=organisation.id, role=Role.BUDGET_MANAGER)
    unclaimed = ProviderFactory(unclaimed=True)
    upload = Upload(digest="0" * 64, media_type=MediaType.PDF, size_bytes=1, file_name="order.pdf", stored_at=now)
    db.session.add(upload)
    db.session.flush()
    rows = {
        "amount_id": PotAmount(
            pot_id=budget.pot_id,
            every=Every.WEEK,
            amount_pence=100,
            contribution_how=ContributionHow.NET,
            starts_on=clock.today(),
            ends_on=clock.today(),
            each_april=False,
            replaces=True,
            reason="Less is needed",
            prepared_at=clock.now(),
        ),
        "surplus_id": Surplus(
            pot_period_id=budget.pot_period_id,
            council_id=theirs,
            left_pence=1_000,
            kept_pence=0,
            warned_at=now,
            not_before=clock.today(),
            reclaim_pence=1_000,
            prepared_by_user_id=staff.id,
            prepared_at=now,
        ),
        "surplus_rule_id": SurplusRule(
            council_id=theirs, weeks_kept=4, notice_days=30, prepared_by_user_id=staff.id, prepared_at=now
        ),
        "paper_id": MandatePaper(mandate_id=mandate.id, upload_id=upload.id, added_by_user_id=staff.id, added_at=now),
        "hand_over_id": HandOver(
            mandate_id=mandate.id, to_user_id=staff.id, words="Mornings", asked_by_user_id=manager.id, asked_at=now
        ),
        "question_id": MandateQuestion(
            mandate_id=mandate.id, words="Why?", how=ConsentHow.SPOKEN, asked_by_user_id=staff.id, asked_at=now
        ),
        "letter_id": PaperLetter(
            person_id=person.id, about=LetterAbout.AUTHORITY, subject="A letter", body="Words", written_at=now
        ),
        "change_id": AllocationChange(
            pot_period_id=budget.pot_period_id,
            pence=-1_000,
            reason="Reviewed",
            prepared_by_user_id=staff.id,
            prepared_at=now,
        ),
        "export_id": SpendingExport(
            council_id=theirs, number=1, layout={}, entry_count=0, pence=0, digest="0" * 64, made_at=now
        ),
        "merge_id": PersonMerge(
            council_id=theirs,
            kept_person_id=person.id,
            merged_person_id=PersonFactory().id,
            reason="The same",
            prepared_by_user_id=staff.id,
            prepared_at=now,
        ),
        "load_id": BudgetLoad(
            council_id=theirs,
            file_name="budgets.csv",
            file_digest="0" * 64,
            state=LoadState.READY,
            prepared_by_user_id=staff.id,
            prepared_at=now,
        ),
        "declaration_id": PayeeDeclaration(
            person_id=person.id,
            organisation_id=provider.organisation_id,
            relationship=Relationship.CLOSE_RELATIVE,
            declared_by_user_id=owner.id,
            declared_at=now,
        ),
        "necessity_id": PayeeNecessity(
            person_id=person.id,
            organisation_id=provider.organisation_id,
            council_id=theirs,
            reason="Nobody else speaks her language",
            starts_on=clock.today(),
            ends_on=clock.today(),
            recorded_by_user_id=staff.id,
            recorded_at=now,
        ),
        "checkout_id": Checkout(
            key="k" * 32, basket_id=basket.id, user_id=owner.id, person_id=person.id, answers={}, created_at=now
        ),
        "approval_id": Approval(
            order_id=waiting.id,
            prepared_by_user_id=manager.id,
            why="Above the limit",
            content_digest="0" * 64,
            asked_at=now,
            ends_at=now + timedelta(days=7),
        ),
        "refund_id": Refund(
            key="r" * 32,
            order_id=order.id,
            order_funding_id=db.session.scalar(select(OrderFunding.id).where(OrderFunding.order_id == order.id)),
            state=RefundState.WAITING,
            pence=100,
            levy_back_pence=3,
            reason_code="not_done",
            asked_by_user_id=owner.id,
            asked_at=now,
        ),
        "dispute_id": Dispute(
            stripe_id="du_1",
            order_id=order.id,
            pence=100,
            reason="fraudulent",
            status="needs_response",
            opened_at=now,
        ),
        "run_id": SettlementRun(
            reference="DARL-0001",
            council_id=theirs,
            state=RunState.PREPARED,
            up_to=clock.today(),
            gross_pence=0,
            levy_pence=0,
            prepared_by_user_id=staff.id,
            prepared_at=now,
        ),
        "sent_run_id": SettlementRun(
            reference="DARL-0000",
            council_id=theirs,
            state=RunState.SENT,
            up_to=clock.today(),
            gross_pence=5_400,
            levy_pence=135,
            prepared_by_user_id=staff.id,
            prepared_at=now,
            sent_by_user_id=UserFactory().id,
            sent_at=now,
        ),
        "rate_id": LevyRate(
            council_id=theirs,
            rail=Rail.COUNCIL_MANAGED,
            rate_bp=200,
            starts_on=clock.today() + timedelta(days=30),
            set_by_user_id=staff.id,
            created_at=now,
        ),
        "claim_id": ProviderClaim(
            organisation_id=unclaimed.organisation_id,
            user_id=owner.id,
            position="Manager",
            evidence="My name is on the door",
            created_at=now,
        ),
        "plan_review_id": PlanReview(
            person_id=person.id,
            council_id=theirs,
            reason=ReviewReason.FIRST,
            due_on=clock.today(),
            opened_at=now,
        ),
        "plan_version_id": PlanVersion(
            person_id=person.id, number=1, change="outcome.put", about="", content=[], at=now
        ),
        "solution_id": PlanSolution(
            outcome_id=outcome.id,
            kind=SolutionKind.FAMILY,
            words="Ann comes on Sundays",
            added_by_user_id=owner.id,
            added_at=now,
        ),
        "note_id": PlanNote(outcome_id=outcome.id, listing_id=listing.id, noted_by_user_id=owner.id, noted_at=now),
        "interest_id": DeclaredInterest(
            declared_by_user_id=manager.id,
            provider_organisation_id=provider.organisation_id,
            kind=InterestKind.RELATIVE,
            words="My sister works there",
            declared_at=now,
        ),
        "person_note_id": PersonNote(
            person_id=person.id,
            words="Rings twice",
            audience=NoteAudience.PERSON_TOO,
            author_user_id=manager.id,
            written_at=now,
        ),
        "round_id": Round(
            key="o" * 43, user_id=owner.id, kind=RoundKind.SAME_THING, title="Help for many", created_at=now
        ),
        "form_id": NeedsForm(user_id=owner.id, name="Theirs", words={"food": "Soup"}, created_at=now, changed_at=now),
        "invitation_id": Invitation(
            organisation_id=organisation.id,
            role=Role.BUDGET_MANAGER,
            email="invited@example.org",
            name="Invited",
            token_digest="d" * 64,
            created_at=now,
            ends_at=now + timedelta(days=7),
        ),
        "row_id": OutboxRow(
            topic="nothing", payload={}, created_at=now, available_at=now, attempts=12, failed_at=now, last_error="No"
        ),
        "evidence_id": OrderEvidence(
            order_id=order.id,
            person_id=person.id,
            kind=EvidenceKind.RECEIPT,
            upload_id=store(PDF, "receipt.pdf", user_id=owner.id),
            digest="0" * 64,
            by_user_id=owner.id,
            at=now,
        ),
        "rule_id": MonitoringRule(
            council_id=theirs,
            sign=Sign.QUIET,
            is_on=True,
            measure=6,
            starts_on=clock.today(),
            reason="Fewer weeks",
            set_by_user_id=staff.id,
            set_at=now,
        ),
        "sign_in_id": SignIn(user_id=owner.id, token_digest="s" * 64, created_at=now, last_seen_at=now),
    }
    db.session.add_all(rows.values())
    db.session.flush()
    ids: dict[str, int | str] = {name: row.id for name, row in rows.items()}
    ids |= rule_for_one(person.id, theirs, staff.id, owner.id) | sample(theirs, staff.id, order.id, person.id)
    ids |= help_request(person.id, owner.id, listing)
    entry_id = ledger.book(stories.provider_payout(f"txn_1{mark}", provider.organisation_id, -5_265, now))
    funding_id = int(rows["refund_id"].order_funding_id)
    ids |= paid_in_run(int(ids["sent_run_id"]), funding_id, provider.organisation_id, owner.id)
    ids |= fee_invoice(theirs, staff.id) | waiting_for_operators(staff.id, mark)
    email_id = queue_email("owner@example.org", "For the owner", "Words")
    ids["document_id"] = levy_invoice(order, funding_id)
    ids |= {
        "person_id": person.id,
        "budget_id": budget.id,
        "pot_id": budget.pot_id,
        "pot_period_id": budget.pot_period_id,
        "mandate_id": mandate.id,
        "outcome_id": outcome.id,
        "listing_id": listing.id,
        "order_id": order.id,
        "line_id": line.id,
        "organisation_id": organisation.id,
        "membership_id": member.id,
        "council_id": theirs,
        "user_id": owner.id,
        "email_id": email_id,
        "entry_id": entry_id,
        **WORDS,
    }
    special = of_endpoints(
        provider.organisation_id, unclaimed.organisation_id, person.id, draft.id, int(ids["sent_run_id"])
    )
    return ids, special


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, to compare before and after; without what a mere visit may note (sign-ins)."""
    db.session.rollback()
    metadata = Membership.metadata
    return {
        table.name: sorted((tuple(map(str, row)) for row in db.session.execute(select(table))), key=repr)
        for table in metadata.sorted_tables
        if table.name != "sign_ins"
    }
