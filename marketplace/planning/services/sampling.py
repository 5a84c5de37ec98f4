"""Draw a sample, say why one looks at a purchase of it, and what one found."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import insert, update

from budgets.domain import MandateAction
from budgets.domain.people import LetterAbout
from budgets.queries.access import list_user_ids_named
from budgets.queries.people import get_person
from budgets.services.letters import write_to
from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.links import address
from marketplace.accounts.queries import find_user, list_addresses_of, list_organisations_of_council
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import new_token
from marketplace.outbox.email import queue_email
from marketplace.planning.models import MonitoringLook, Sample, SampleAnswer, SampleItem
from marketplace.planning.queries.evidence import has_live_look
from marketplace.planning.queries.sampling import (
    READERS,
    ItemView,
    SampleView,
    get_item,
    get_order_of,
    get_sample_of,
    is_own,
    purchases_to_sample,
)
from marketplace.planning.sampling import MOST_AT_RANDOM, MOST_BY_RULE, Answer, Draw, pick
from marketplace.planning.services.monitoring import LOOK_LASTS
from payments.queries.orders import OrderView

LONGEST_DAYS = 366
LONGEST = 1_000
LOOK = "sample.look"


@dataclass(frozen=True)
class Wanted:
    """Purchases of which days, why, and how they are drawn. Without a seed a new one is made."""

    council_id: int
    starts_on: date
    ends_on: date
    reason: str
    draw: Draw


def draw(actor: Actor, wanted: Wanted) -> int:
    """Draw a sample and keep how it was drawn; answers its id. None of the actor's own purchases is in it.

    Raises NotFound unless the actor works in finance or audit of that council, DomainError on the field to change.
    """
    if wanted.council_id not in actor.council_ids(*READERS):
        raise NotFound
    _check(wanted)
    seed = " ".join(wanted.draw.seed.split())[:40] or new_token()[:12]
    how = Draw(**(wanted.draw.__dict__ | {"seed": seed}))
    with transaction():
        purchases = purchases_to_sample(actor, wanted.council_id, wanted.starts_on, wanted.ends_on)
        picked = pick(purchases, how, never=[actor.user_id or 0])
        if not picked:
            raise DomainError("Nothing was bought from budgets on these days that fits. Choose other days or rules.")
        sample_id: int = db.session.execute(
            insert(Sample)
            .values(
                council_id=wanted.council_id,
                starts_on=wanted.starts_on,
                ends_on=wanted.ends_on,
                risks=[risk.value for risk in how.risks],
                large_pence=how.large_pence,
                per_rule=how.per_rule,
                share=how.share,
                most_random=how.most_random,
                seed=seed,
                population=len(purchases),
                reason=wanted.reason.strip(),
                drawn_by_user_id=actor.user_id,
                drawn_at=clock.now(),
            )
            .returning(Sample.id)
        ).scalar_one()
        db.session.execute(
            insert(SampleItem),
            [
                {
                    "sample_id": sample_id,
                    "order_id": each.purchase.order_id,
                    "person_id": each.purchase.person_id,
                    "picked_by": each.by,
                    "risks": [risk.value for risk in each.risks],
                }
                for each in picked
            ],
        )
        record(
            "sample.draw",
            "sample",
            sample_id,
            actor_user_id=actor.user_id,
            council_id=wanted.council_id,
            reason=wanted.reason.strip(),
            seed=seed,
            picked=len(picked),
            of=len(purchases),
        )
        return sample_id


def open_item(actor: Actor, item_id: int) -> tuple[ItemView, SampleView, OrderView]:
    """A purchase of a sample with its order, for whoever may look at it. Raises NotFound for a stranger, and for
    whoever bought it, agreed to it, or is named for it."""
    item = get_item(actor, item_id)
    order = get_order_of(item)
    if is_own(actor, order):
        raise NotFound
    return item, get_sample_of(actor, item), order


def look(actor: Actor, item_id: int, reason: str) -> None:
    """Say why one looks at a purchase, which the person can read; it can be looked at for 24 hours. Raises NotFound."""
    item, sample, order = open_item(actor, item_id)
    reason = _words(reason, "reason", "Say why you look: the person reads it")
    with transaction():
        now = clock.now()
        db.session.execute(
            insert(MonitoringLook).values(
                person_id=order.person_id,
                council_id=sample.council_id,
                user_id=actor.user_id,
                reason=reason,
                at=now,
                ends_at=now + LOOK_LASTS,
            )
        )
        db.session.execute(
            update(SampleItem)
            .where(SampleItem.id == item.id, SampleItem.looked_at.is_(None))
            .values(looked_at=now, looked_by_user_id=actor.user_id)
        )
        _record(LOOK, actor, sample, order, reason)


def answer(actor: Actor, item_id: int, said: Answer, words: str) -> None:
    """Say what one found, and pass it on where that is the answer. What was said before stays beside it.

    By finance of the council, and by an auditor for a sample that they drew. Raises NotFound for anybody else and for
    whoever does not look at it now, DomainError on `words`.
    """
    item, sample, order = open_item(actor, item_id)
    if not may_answer(actor, sample) or not has_live_look(actor, order.person_id) or item.looked_at is None:
        raise NotFound
    words = _words(words, "words", "Say what you found, in a few words")
    with transaction():
        db.session.execute(
            insert(SampleAnswer).values(
                item_id=item.id, answer=said, words=words, by_user_id=actor.user_id, at=clock.now()
            )
        )
        _record("sample.answer", actor, sample, order, words, answer=said)
        _pass_on(sample, order, item_id, said, words)


def may_answer(actor: Actor, sample: SampleView) -> bool:
    """Whether the actor says what was found: finance does, and the safeguarding lead of what came to them; an auditor
    reads, and answers in their own samples."""
    answers = sample.council_id in actor.council_ids(Role.COUNCIL_FINANCE, Role.SAFEGUARDING_LEAD)
    return answers or sample.drawn_by_user_id == actor.user_id


def _pass_on(sample: SampleView, order: OrderView, item_id: int, said: Answer, words: str) -> None:
    """The letter that an answer asks for. A referral has no words in it: they are behind the sign-in."""
    if said is Answer.ASK_MANAGER:
        named = list_user_ids_named(order.person_id, MandateAction.CONFIRM) if order.mandate_id else []
        buyer_still_acts = order.mandate_id is None or order.buyer_user_id in named
        subject, page = f"A question about order {order.reference}", f"/orders/{order.id}/evidence"
        text = (
            f"The council looked at order {order.reference} in a sample and asks: {words}\n\n"
            "Put a receipt or a note beside it."
        )
        asked = [order.buyer_user_id] if buyer_still_acts else named
        for user in filter(None, map(find_user, asked)):
            queue_email(user.email, subject, f"{text}\n{address(page)}\n", user_id=user.id)
        if not asked:
            write_to(get_person(order.person_id), subject, text, LetterAbout.ORDER, page=page)
        return
    role = {Answer.SAFEGUARDING: Role.SAFEGUARDING_LEAD, Answer.FINANCE: Role.COUNCIL_FINANCE}.get(said)
    if role is None:
        return
    page = address(f"/council/samples/items/{item_id}")
    for organisation in list_organisations_of_council(sample.council_id, OrganisationKind.COUNCIL):
        for reader_id, email in list_addresses_of(organisation.id, role):
            queue_email(
                email,
                f"Order {order.reference} was passed on to you from a sample",
                f"Somebody who looked at a sample of purchases asks you to look at order {order.reference}.\n{page}\n",
                user_id=reader_id,
            )


def _check(wanted: Wanted) -> None:
    if not wanted.reason.strip():
        raise DomainError("Say what this sample is for", field="reason")
    if wanted.ends_on < wanted.starts_on:
        raise DomainError("The last day must be on or after the first day.", field="ends_on")
    if wanted.ends_on - wanted.starts_on > timedelta(days=LONGEST_DAYS):
        raise DomainError("Choose a year at most.", field="ends_on")
    how = wanted.draw
    for field, value, most in (
        ("per_rule", how.per_rule, MOST_BY_RULE),
        ("share", how.share, 100),
        ("most_random", how.most_random, MOST_AT_RANDOM),
    ):
        if not 0 <= value <= most:
            raise DomainError(f"Enter a number from 0 to {most}", field=field)


def _words(words: str, field: str, missing: str) -> str:
    words = words.strip()
    if not words:
        raise DomainError(missing, field=field)
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST:,} characters or fewer", field=field)
    return words


def _record(
    action: str, actor: Actor, sample: SampleView, order: OrderView, reason: str, *, answer: Answer | None = None
) -> None:
    """In the person's record, where whoever acts for them reads it too; so a worry for safeguarding is not in it."""
    is_worry = answer is Answer.SAFEGUARDING
    works_for = None
    if action == LOOK:
        works_for = next((m.organisation_id for m in actor.memberships if m.council_id == sample.council_id), None)
    record(
        action,
        "order",
        order.id,
        actor_user_id=actor.user_id,
        person_id=None if is_worry else order.person_id,
        council_id=sample.council_id,
        organisation_id=works_for,
        reason=None if is_worry else reason,
        sample_id=sample.id,
        answer=answer.value if answer else None,
    )
