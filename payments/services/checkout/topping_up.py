"""A budget pays a part of a checkout that the person chose, and a card the rest: theirs, or somebody's who is asked."""

from collections.abc import Sequence

from sqlalchemy import insert

from budgets.words import day_words
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.ids import new_token
from marketplace.kernel.money import format_pounds
from payments.errors import CannotPayByCard, CheckoutChanged
from payments.models import Checkout, Order, TopUp
from payments.parts import budget_shares
from payments.queries.checkouts import Plan, get_plan
from payments.queries.ways import LEAST_BY_CARD_PENCE, MOST_BY_CARD_PENCE, WayOfPaying
from payments.services.cards import no_longer_theirs
from payments.services.checkout.answers import save
from payments.services.top_up_letters import asks_to_pay


def most_from_budget(plan: Plan, way: WayOfPaying) -> int:
    """The most that the budget can pay of this while a card pays the rest; 0 when it can pay nothing."""
    total = way.total_pence
    kept_for_card = LEAST_BY_CARD_PENCE * sum(1 for part in plan.parts if part.total_pence)
    by_period = [pot.available_pence * total // pence for pot, pence in way.shares if pence]
    return max(0, min([total - kept_for_card, *by_period]))


def choose_top_up(
    actor: Actor,
    checkout_id: int,
    *,
    budget_pence: int,
    payer_name: str | None = None,
    payer_email: str | None = None,
    is_agreed: bool = False,
) -> None:
    """Keep what the budget is to pay, and who is asked to pay the rest; without a payer the buyer's card does.

    Raises DomainError on `budget_pence`, `payer_name`, `payer_email`, or on `is_agreed` when nobody said that the
    person agrees to what the payer will see.
    """
    plan = get_plan(actor, checkout_id)
    if plan.top_up is None or plan.way is None or not plan.way.can_be_topped_up:
        raise CheckoutChanged("Choose again how this is paid.")
    _refuse(plan, plan.way, budget_pence)
    said: dict[str, object] = {"budget_pence": budget_pence}
    if payer_email is not None:
        said |= payer_said(payer_name, payer_email, is_agreed=is_agreed)
    save(checkout_id, answers={**plan.checkout.answers, "top_up": said})


def payer_said(payer_name: str | None, payer_email: str | None, *, is_agreed: bool) -> dict[str, str]:
    """Who is asked to pay, as it is kept. Raises DomainError on the field at fault."""
    name, address = " ".join((payer_name or "").split()), (payer_email or "").strip()
    if not name:
        raise DomainError("Enter the name of who is asked to pay", field="payer_name")
    if not address:
        raise DomainError("Enter their email address, like name@example.com", field="payer_email")
    if not is_agreed:
        raise DomainError(f"Ask first whether {name} may see what this is for, then say so here", field="is_agreed")
    return {"payer_name": name, "payer_email": address}


def refuse_top_up(plan: Plan) -> None:
    """Raise what `choose_top_up` would, for the moment of placing."""
    if plan.top_up is None:
        return
    if plan.lacks_top_up or plan.way is None:
        raise CheckoutChanged("Say again how much the budget is to pay. Nothing was ordered.")
    _refuse(plan, plan.way, plan.top_up.budget_pence or 0)


def _refuse(plan: Plan, way: WayOfPaying, budget_pence: int) -> None:
    most = most_from_budget(plan, way)
    if way.pot is None or most <= 0:
        raise DomainError(
            "Nothing is left in this budget that could pay a part. Pay another way.", field="budget_pence"
        )
    if not 0 < budget_pence <= most:
        raise DomainError(
            f"{way.pot.words} can pay up to {format_pounds(most)} of this, until {day_words(way.pot.ends_on)}, and a "
            f"card pays the rest. Enter {format_pounds(most)} or less, and more than nothing.",
            field="budget_pence",
        )
    prices = [part.total_pence for part in plan.parts]
    for part, share in zip(plan.parts, budget_shares(prices, budget_pence), strict=True):
        card = part.total_pence - share
        if part.total_pence and not share:
            raise DomainError(
                f"That is too little for a part of what {part.provider_name} costs. Enter more.", field="budget_pence"
            )
        if part.total_pence and card < LEAST_BY_CARD_PENCE:
            raise CannotPayByCardPart(part.provider_name, card)
        if card > MOST_BY_CARD_PENCE:
            raise DomainError(
                f"A card cannot pay more than {format_pounds(MOST_BY_CARD_PENCE)} at once. Choose fewer.",
                field="budget_pence",
            )


class CannotPayByCardPart(CannotPayByCard):
    """What is left for the card of one provider's price is less than a card can pay."""

    def __init__(self, provider_name: str, pence: int) -> None:
        super().__init__(
            f"Of {provider_name} {pence}p would be left for the card, and a card cannot pay less than "
            f"{LEAST_BY_CARD_PENCE}p. Enter less."
        )
        self.field = "budget_pence"


def ask_payer(plan: Plan, orders: Sequence[Order], *, waits: bool) -> None:
    """Note who is asked to pay the card's part of these orders, in the transaction that places them and has locked
    their checkout, and write to them unless a second person has to agree first.

    A card page or a card of the buyer's, from before they said who pays, is never met by whoever is asked.
    """
    chosen = plan.top_up
    if chosen is None or not chosen.by_another:
        return
    placed = db.session.get_one(Checkout, plan.checkout.id, populate_existing=True)
    no_longer_theirs(placed, key=f"forget-buyer:{placed.id}")
    titles = dict.fromkeys(line.title for part in plan.parts for line in part.lines if part.card_pence)
    db.session.execute(
        insert(TopUp).values(
            checkout_id=plan.checkout.id,
            key=new_token(),
            payer_name=chosen.payer_name,
            payer_email=chosen.payer_email,
            service_names=", ".join(titles),
            asked_by_user_id=plan.checkout.user_id,
            asked_at=clock.now(),
        )
    )
    record(
        "top_up.ask",
        "checkout",
        plan.checkout.id,
        actor_user_id=plan.checkout.user_id,
        person_id=plan.checkout.person_id,
        pence=plan.card_pence,
    )
    if not waits:
        asks_to_pay(plan.checkout.id)
