"""Ask providers for help that somebody needs: prepared, sent, answered, compared, one chosen; the others told kindly.

Providers read what is needed, where about and when. Who it is they read on the order, when there is one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import insert, select, update

from budgets.queries.outcomes import list_outcomes
from budgets.queries.people import find_person, get_person
from budgets.words import day_words
from catalogue.queries.categories import category_choices
from marketplace.accounts.domain import SYSTEM, Actor
from marketplace.accounts.links import address
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from marketplace.planning.help_requests import (
    FEWEST_DAYS,
    MOST_DAYS,
    MOST_PROVIDERS,
    OFFERS_STAND,
    AnswerState,
    RequestState,
    who_it_is,
)
from marketplace.planning.models import HelpAnswer, HelpRequest
from marketplace.planning.queries.help_requests import (
    area_of,
    get_asked,
    get_request,
    list_answers,
    list_own_offers,
    list_suitable,
    require_asker,
)
from marketplace.planning.services.help_letters import tell_asker, tell_others, tell_provider
from payments.queries.baskets import get_basket, quantity_words
from payments.queries.ordered_before import find_order_since
from payments.services import baskets, checkout


@dataclass(frozen=True)
class Wanted:
    """What somebody needs. `answer_by` is the last day on which providers can answer."""

    category_slug: str
    words: str
    times: str
    starts_on: date
    rail: Rail
    answer_by: date
    outcome_id: int | None = None


@dataclass(frozen=True)
class Offered:
    """What a provider offers: so many of one of its listings, from a day on, with some words."""

    listing_id: int
    quantity: int
    starts_on: date
    words: str | None


def prepare(actor: Actor, person_id: int, wanted: Wanted) -> int:
    """Write a request down; nobody reads it yet. Answers its id.

    Raises NotFound without a right to order that lasts, DomainError on the field to change.
    """
    with transaction():
        access = require_asker(actor, person_id)
        _check(wanted, access.person.name, person_id)
        values = {
            "person_id": person_id,
            "council_id": access.person.council_id,
            "asked_by_user_id": actor.user_id,
            "mandate_id": access.mandate.id if access.mandate else None,
            "outcome_id": wanted.outcome_id,
            "category_slug": wanted.category_slug,
            "words": wanted.words,
            "times": wanted.times,
            "area": area_of(access.person.council_id, access.person.postcode),
            "starts_on": wanted.starts_on,
            "rail": wanted.rail,
            "answer_by": wanted.answer_by,
            "state": RequestState.DRAFT,
            "created_at": clock.now(),
        }
        request_id: int = db.session.execute(
            insert(HelpRequest).values(**values).returning(HelpRequest.id)
        ).scalar_one()
        _record("request.prepare", _lock(request_id), actor)
        return request_id


def _check(wanted: Wanted, name: str, person_id: int) -> None:
    if wanted.category_slug not in dict(category_choices()):
        raise DomainError("Choose the kind of help.", field="category")
    if wanted.outcome_id is not None and wanted.outcome_id not in {each.id for each in list_outcomes(person_id)}:
        raise DomainError("Choose an outcome of the plan.", field="outcome")
    for field, words in (("words", wanted.words), ("times", wanted.times)):
        for found in who_it_is(words, name):
            raise DomainError(
                f"Take out “{found}”: providers read this before one is chosen, and it could say who it is.",
                field=field,
            )
    today = clock.today()
    if not today + timedelta(FEWEST_DAYS) <= wanted.answer_by <= today + timedelta(MOST_DAYS):
        raise DomainError(
            f"Choose a day from tomorrow to {day_words(today + timedelta(MOST_DAYS))}.", field="answer_by"
        )
    if wanted.starts_on < wanted.answer_by:
        raise DomainError("Help can begin on the last day for answers, or later.", field="starts_on")


def send(actor: Actor, person_id: int, request_id: int, organisation_ids: Collection[int]) -> None:
    """Ask these providers, of those that fit; each gets an e-mail. Sending again changes nothing.

    Raises NotFound, DomainError when none or too many are chosen, NotAllowed for a request that has ended.
    """
    with transaction():
        request = get_request(actor, person_id, request_id)
        row = _lock(request_id)
        if row.state is RequestState.SENT:
            return
        if row.state is not RequestState.DRAFT:
            raise NotAllowed("This request has ended. Ask again with a new one.")
        if row.answer_by <= clock.today():
            raise NotAllowed("The day to answer by has passed. Change the request first.")
        if not organisation_ids:
            raise DomainError("Choose at least one provider.", field="providers")
        if len(organisation_ids) > MOST_PROVIDERS:
            raise DomainError(f"Choose {MOST_PROVIDERS} providers or fewer.", field="providers")
        suitable = {each.offer.organisation_id: each for each in list_suitable(request, get_person(person_id).postcode)}
        if not suitable.keys() >= set(organisation_ids):
            raise DomainError("One of these providers does not fit any more. Choose again.", field="providers")
        row.state, row.sent_at = RequestState.SENT, clock.now()
        db.session.flush()
        for organisation_id in sorted(organisation_ids):
            answer_id: int = db.session.execute(
                insert(HelpAnswer)
                .values(
                    request_id=request_id,
                    organisation_id=organisation_id,
                    found_listing_id=suitable[organisation_id].offer.listing_id,
                    state=AnswerState.ASKED,
                )
                .returning(HelpAnswer.id)
            ).scalar_one()
            tell_provider(
                organisation_id,
                f"Can you help? Answer by {day_words(row.answer_by)}",
                f"Somebody near you needs help, and you could give it.\n\nWhat: {row.words}\nWhen: {row.times}\n"
                f"Where about: {row.area}\nFrom: {day_words(row.starts_on)}\n\n"
                f"Say what it would cost and when you could begin, or that you cannot this time. Answer by "
                f"{day_words(row.answer_by)}:\n{address(f'/provider/requests/{answer_id}')}\n\n"
                "Who it is you learn when you are chosen.",
            )
        _record("request.send", row, actor, providers=len(organisation_ids))


def offer(actor: Actor, answer_id: int, offered: Offered) -> None:
    """A provider says what it would cost and when it could begin; until the last day it can change that.

    Raises NotFound for others, NotAllowed when it is too late, DomainError on the field to change.
    """
    with transaction():
        row, request = _answering(actor, answer_id)
        found = {each.listing_id: each for each in list_own_offers(row.organisation_id, request.rail)}
        listing = found.get(offered.listing_id)
        if listing is None:
            raise DomainError("Choose what you offer.", field="listing")
        if not listing.min_quantity <= offered.quantity <= listing.max_quantity:
            raise DomainError(f"Choose {quantity_words(listing)}.", field="quantity")
        if offered.starts_on <= clock.today():
            raise DomainError("Choose a day after today.", field="starts_on")
        is_first = row.state is AnswerState.ASKED
        row.state, row.listing_id, row.quantity = AnswerState.OFFERED, listing.listing_id, offered.quantity
        row.price_pence, row.starts_on, row.words = listing.price_pence, offered.starts_on, offered.words
        _answered(actor, row)
        _record("request.offer", request, actor, organisation_id=row.organisation_id)
        if is_first:
            tell_asker(
                request,
                f"{listing.provider_name} answered",
                f"{listing.provider_name} offers help. You can compare what came, and choose until "
                f"{day_words(request.answer_by + OFFERS_STAND)}:",
            )


def decline(actor: Actor, answer_id: int, words: str | None) -> None:
    """A provider cannot help this time. Raises as `offer`."""
    with transaction():
        row, request = _answering(actor, answer_id)
        row.state, row.words = AnswerState.DECLINED, words
        row.listing_id = row.quantity = row.price_pence = row.starts_on = None
        _answered(actor, row)
        _record("request.decline", request, actor, organisation_id=row.organisation_id)


def choose(actor: Actor, person_id: int, request_id: int, answer_id: int) -> int:
    """Put an offer into the person's basket and begin the checkout; answers its id. Another can be chosen until it is
    ordered, and takes the place of the first.

    Raises NotFound, and NotAllowed with the words for whoever chooses when the offer no longer stands.
    """
    with transaction():
        require_asker(actor, person_id)
        row = _lock(request_id)
        request = get_request(actor, person_id, request_id)
        answers = {answer.id: answer for answer in list_answers(request_id)}
        chosen = answers.get(answer_id)
        if chosen is None or chosen.state is not AnswerState.OFFERED:
            raise NotFound
        if not request.can_choose:
            raise NotAllowed("This request has ended. Ask again with a new one.")
        if chosen.why_not is not None:
            raise NotAllowed(f"{chosen.provider_name}: {chosen.why_not}")
        owner = baskets.owner_for(actor, person_id, None)
        offered = {(a.offer.listing_id, a.starts_on) for a in answers.values() if a.offer}
        for part in get_basket(owner).parts:
            for line in part.lines:
                if (line.listing_id, line.wanted_on) in offered:
                    baskets.remove(owner, line.id)
        assert chosen.offer is not None
        baskets.add(
            owner,
            baskets.LineWanted(
                chosen.offer.listing_id, chosen.quantity, chosen.starts_on, row.times, outcome_id=row.outcome_id
            ),
        )
        db.session.execute(update(HelpAnswer).where(HelpAnswer.request_id == request_id).values(chosen_at=None))
        db.session.execute(update(HelpAnswer).where(HelpAnswer.id == answer_id).values(chosen_at=clock.now()))
        row.state = RequestState.CHOSEN
        db.session.flush()
        _record("request.choose", row, actor, organisation_id=chosen.organisation_id)
        return checkout.begin(actor, person_id)


def withdraw(actor: Actor, person_id: int, request_id: int) -> None:
    """Take a request back; whoever was asked and has not said no is told. Twice is once."""
    with transaction():
        get_request(actor, person_id, request_id)
        row = _lock(request_id)
        if row.state in (RequestState.WITHDRAWN, RequestState.ENDED):
            return
        if row.state is RequestState.ORDERED:
            raise NotAllowed("One was ordered already. Cancel the order, if it is not wanted.")
        was_sent = row.state is not RequestState.DRAFT
        row.state, row.ended_at = RequestState.WITHDRAWN, clock.now()
        db.session.flush()
        if was_sent:
            tell_others(row, "The help is not looked for any more, so nobody was chosen.")
        _record("request.withdraw", row, actor)


def settle(only_id: int | None = None) -> int:
    """Requests whose chosen offer was ordered are closed, and the others told; answers how many.

    Run by the worker, and of one request when its page is opened.
    """
    chosen = (
        select(HelpAnswer.id, HelpAnswer.request_id, HelpAnswer.listing_id, HelpAnswer.chosen_at, HelpRequest.person_id)
        .join(HelpRequest, HelpRequest.id == HelpAnswer.request_id)
        .where(HelpRequest.state == RequestState.CHOSEN, HelpAnswer.chosen_at.is_not(None))
        .order_by(HelpAnswer.id)
    )
    if only_id is not None:
        chosen = chosen.where(HelpRequest.id == only_id)
    settled = 0
    for answer_id, request_id, listing_id, chosen_at, person_id in db.session.execute(chosen).all():
        order_id = find_order_since(person_id, listing_id, chosen_at) if listing_id and chosen_at else None
        if order_id is None:
            continue
        with transaction():
            row = _lock(request_id)
            answer = db.session.get_one(HelpAnswer, answer_id, populate_existing=True)
            if row.state is not RequestState.CHOSEN or answer.chosen_at != chosen_at:
                continue
            answer.order_id = order_id
            row.state, row.ended_at = RequestState.ORDERED, clock.now()
            db.session.flush()
            tell_others(row, "Somebody else was chosen this time.", but=answer.organisation_id)
            _record("request.order", row, SYSTEM, organisation_id=answer.organisation_id, order_id=order_id)
            settled += 1
    return settled


def end_old() -> int:
    """Requests of which nobody chose within two weeks of the last day to answer end. Run by the worker."""
    old = (
        select(HelpRequest.id)
        .where(
            HelpRequest.state.in_((RequestState.DRAFT, RequestState.SENT, RequestState.CHOSEN)),
            HelpRequest.answer_by < clock.today() - OFFERS_STAND,
        )
        .order_by(HelpRequest.id)
    )
    ended = 0
    for request_id in list(db.session.scalars(old)):
        with transaction():
            row = _lock(request_id)
            if row.state is not RequestState.DRAFT and not row.state.is_open:
                continue
            was_sent = row.state is not RequestState.DRAFT
            row.state, row.ended_at = RequestState.ENDED, clock.now()
            db.session.flush()
            if was_sent:
                tell_others(row, "Nobody was chosen in time, so this request has ended.")
                _record("request.end", row, SYSTEM)
            ended += 1
    return ended


def _lock(request_id: int) -> HelpRequest:
    return db.session.execute(
        select(HelpRequest)
        .where(HelpRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _answering(actor: Actor, answer_id: int) -> tuple[HelpAnswer, HelpRequest]:
    """The row of a provider's answer with its request, both locked, while it can be answered."""
    get_asked(actor, answer_id)
    request = _lock(db.session.scalars(select(HelpAnswer.request_id).where(HelpAnswer.id == answer_id)).one())
    row = db.session.get_one(HelpAnswer, answer_id, populate_existing=True)
    person = find_person(request.person_id)
    if request.state is not RequestState.SENT or person is None or person.died_on is not None:
        raise NotAllowed("This request has ended. Nothing more is needed from you.")
    if clock.today() > request.answer_by:
        raise NotAllowed(f"Answers could be given until {day_words(request.answer_by)}.")
    return row, request


def _answered(actor: Actor, row: HelpAnswer) -> None:
    row.answered_at, row.answered_by_user_id = clock.now(), actor.user_id
    db.session.flush()


def _record(action: str, row: HelpRequest, actor: Actor, *, organisation_id: int | None = None, **details: int) -> None:
    record(
        action,
        "help_request",
        row.id,
        actor_user_id=actor.user_id,
        person_id=row.person_id,
        mandate_id=row.mandate_id if organisation_id is None else None,
        organisation_id=organisation_id,
        council_id=row.council_id,
        reason=None,
        **details,
    )


def listing_of(answer_id: int) -> int | None:
    """The listing by which a provider was found for a request: what its form offers first."""
    return db.session.scalar(select(HelpAnswer.found_listing_id).where(HelpAnswer.id == answer_id))
