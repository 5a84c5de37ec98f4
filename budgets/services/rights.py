"""May this order be placed, by whom, and who has to agree first."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import and_, case, func, or_, select

from budgets.domain import (
    EntryKind,
    LegalBasis,
    MandateAction,
    MandateView,
    OrderRight,
    OutcomeView,
    PersonAccess,
    ProposedLine,
)
from budgets.domain.interests import ASKED_BECAUSE, InterestKind
from budgets.domain.payees import PayeeStanding
from budgets.errors import LineRefused
from budgets.models import BudgetEntry, Mandate
from budgets.queries.access import find_access, get_access, list_mandates_of
from budgets.queries.interests import interests_of
from budgets.queries.outcomes import list_ended, list_outcomes
from budgets.services.payees import judge_payees
from budgets.services.restrictions import Judged, judge
from budgets.words import day_words, short_name
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, in_transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.money import format_pounds
from marketplace.kernel.rails import BUDGET_RAILS, Rail


def judge_order(
    actor: Actor,
    person_id: int,
    total_pence: int,
    lines: Sequence[ProposedLine],
    *,
    rail: Rail | None = None,
    access: PersonAccess | None = None,
    payees: Mapping[int, PayeeStanding] | None = None,
    outcomes: Sequence[OutcomeView] | None = None,
    spent_this_month_pence: int | None = None,
    budget_pence: int | None = None,
) -> OrderRight:
    """Whether the actor may order this for a person now, and whether somebody else has to agree first.

    `rail` is the way of paying: from a budget every line names an outcome of the person's. `access` is the right to
    order, `outcomes` are those on the plan, and `payees` what was said of providers, where the caller has read them in
    this transaction: a direct payment pays nobody of whom nothing was said, nor whom regulation 3 forbids. From a
    budget the rules count that the council set for this person, whoever orders; `budget_pence` is the budget's part
    where a card pays the rest. The month's limit counts what the
    budget book has kept aside or spent under the mandate in the London month, or
    `spent_this_month_pence` when the caller counts more (own money). Called in the transaction that places the order,
    it holds the mandate's row until the commit, so that two orders at once cannot both pass the month's limit. Raises
    NotFound for strangers and LineRefused with the words for the buyer.
    """
    access = access or get_access(actor, person_id, MandateAction.ORDER)
    mandate = access.mandate
    _check_outcomes(person_id, lines, outcomes, from_budget=rail in BUDGET_RAILS)
    providers = {line.provider_organisation_id for line in lines}
    if rail is Rail.DIRECT_PAYMENT:
        judge_payees(person_id, {line.provider_organisation_id for line in lines if line.pence}, payees)
    judged = Judged()
    if rail in BUDGET_RAILS:
        judged = judge(actor, access.person, lines, total_pence if budget_pence is None else budget_pence)
    kept = (judged.note,) if judged.note else ()
    if mandate is None:
        linked = providers & set(actor.organisation_ids(Role.PROVIDER))
        if access.assisted_organisation_id is not None and linked:
            raise LineRefused("You work for this provider, so somebody else has to order this.")
        warnings = ("You work for this provider. We keep a note of that with the order.",) if linked else ()
        own = dict.fromkeys(linked, InterestKind.OWN_FIRM)
        asks = judged.second is not None
        return OrderRight(None, access.assisted_organisation_id, asks, judged.second, (*warnings, *kept), own)
    name = short_name(access.person.name)
    if rail is Rail.OWN_MONEY and mandate.pot_ids:
        raise LineRefused(f"Your authority to act for {name} does not cover {name}’s own money.", field="way")
    interests = interests_of(actor, [mandate.organisation_id], providers)
    if interests and mandate.legal_basis is LegalBasis.COUNCIL_OFFICER:
        raise LineRefused("You work for this provider, so somebody else has to order this.")
    if in_transaction() and mandate.month_limit_pence is not None:
        db.session.execute(select(Mandate.id).where(Mandate.id == mandate.id).with_for_update())
    why = _why_to_ask(mandate, name, total_pence, spent_this_month_pence, interests) or judged.second
    return OrderRight(mandate.id, None, why is not None, why, (*_warnings(mandate, name, lines), *kept), interests)


def _why_to_ask(
    mandate: MandateView,
    name: str,
    total_pence: int,
    spent_this_month_pence: int | None,
    interests: Mapping[int, InterestKind],
) -> str | None:
    """The sentence for the second person, or None when the order is within the mandate."""
    asks = f"{name}, or a second person named in your authority, has to agree."
    limit = mandate.order_limit_pence
    if interests:
        return f"{ASKED_BECAUSE[min(interests.values(), key=list(InterestKind).index)]} So {asks}"
    if limit is not None and total_pence > limit:
        return f"This is {format_pounds(total_pence)}. Your limit for one order is {format_pounds(limit)}. So {asks}"
    month = mandate.month_limit_pence
    if month is not None:
        spent = spent_this_month(mandate.id) if spent_this_month_pence is None else spent_this_month_pence
        if spent + total_pence > month:
            return (
                f"This is {format_pounds(total_pence)}, and this month you ordered for {format_pounds(spent)} already. "
                f"Your limit for a month is {format_pounds(month)}. So {asks}"
            )
    return None


def _warnings(mandate: MandateView, name: str, lines: Sequence[ProposedLine]) -> tuple[str, ...]:
    later = [line.on for line in lines if line.on > mandate.ends_on]
    if not later:
        return ()
    return (
        f"Your authority to act for {name} ends on {day_words(mandate.ends_on)}, before {day_words(min(later))}. "
        "Somebody with authority then has to look after this support.",
    )


def spent_this_month(mandate_id: int, on: date | None = None) -> int:
    """Pence kept aside under a mandate in the London month of `on` (today), less what was let go of those orders."""
    begin, end = clock.month_bounds(on or clock.today())
    in_month = and_(BudgetEntry.at >= begin, BudgetEntry.at < end)
    held = and_(BudgetEntry.kind == EntryKind.HOLD, BudgetEntry.mandate_id == mandate_id, in_month)
    orders = select(BudgetEntry.order_id).where(held)
    let_go = and_(BudgetEntry.kind == EntryKind.RELEASE, BudgetEntry.order_id.in_(orders))
    signed = case((BudgetEntry.kind == EntryKind.HOLD, BudgetEntry.pence), else_=-BudgetEntry.pence)
    return int(db.session.execute(select(func.coalesce(func.sum(signed), 0)).where(or_(held, let_go))).scalar_one())


def _check_outcomes(
    person_id: int, lines: Sequence[ProposedLine], outcomes: Sequence[OutcomeView] | None, *, from_budget: bool
) -> None:
    """Every outcome named is a live one of this person's; from a budget every line names one.

    One that is off the plan is taken with a reason: the plan is asked about, and blocks nothing.
    """
    if from_budget and any(line.outcome_id is None for line in lines):
        raise LineRefused("Choose what this is for, from the outcomes of the support plan.", field="outcome_id")
    named = {line.outcome_id for line in lines if line.outcome_id is not None}
    if not named:
        return
    live = list_outcomes(person_id) if outcomes is None else outcomes
    unknown = named - {outcome.id for outcome in live}
    unknown -= {outcome.id for outcome in list_ended(person_id, unknown & _with_reason(lines))}
    if unknown:
        raise LineRefused("Choose what this is for, from the outcomes of the support plan.", field="outcome_id")


def _with_reason(lines: Sequence[ProposedLine]) -> set[int | None]:
    without = {line.outcome_id for line in lines if not line.outside_reason}
    return {line.outcome_id for line in lines} - without


def still_acts(user_id: int, person_id: int, mandate_id: int, action: MandateAction = MandateAction.ORDER) -> bool:
    """Whether somebody may still do this for a person under the very mandate under which they began."""
    mandates = list_mandates_of(actor_of(user_id), person_id=person_id)
    return any(mandate.id == mandate_id and action in mandate.actions for mandate in mandates)


def require_preparer(person_id: int, person_name: str, prepared_by_user_id: int, mandate_id: int) -> None:
    """Raise NotAllowed when whoever prepared an order under a mandate may not order under it any more.

    Asked when somebody else named by a mandate agrees: only the person can take over what an ended authority left.
    """
    if not still_acts(prepared_by_user_id, person_id, mandate_id):
        name = short_name(person_name)
        raise NotAllowed(
            f"The authority to act for {name} under which this was prepared has ended or is paused. Only {name} can "
            "agree to it now. Or send it back, and somebody with authority can prepare it anew."
        )


def may_approve(actor: Actor, person_id: int, prepared_by_user_id: int, money: Collection[int | None]) -> int | None:
    """The mandate under which the actor agrees to an order that somebody else prepared; None for the person themself.

    `money` is what pays: pots, and None for the person's own. Raises NotAllowed for the preparer, NotFound for anybody
    else without a live mandate to approve that covers all of it.
    """
    if actor.user_id == prepared_by_user_id:
        money = ()  # they prepared it, so they hear why they cannot agree
    access = find_access(actor, person_id, MandateAction.APPROVE, money=money)
    if access is None:
        raise NotFound
    if actor.user_id == prepared_by_user_id:
        raise NotAllowed(
            f"You prepared this order, so somebody else has to agree: {short_name(access.person.name)}, or a second "
            "person named in the authority."
        )
    return access.mandate.id if access.mandate else None
