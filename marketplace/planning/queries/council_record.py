"""What a council's finance and auditors read of the record: by person, by whom and by day, and for one order its leave.

Acts about money alone; what somebody bought with their own money is no part of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from budgets.queries.book import list_entries_of_order
from budgets.queries.finance import reading_councils
from budgets.queries.mandates import MandateLine, get_mandate
from budgets.queries.people import people_by_id
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import find_user_by_email, names_of, organisations_by_id
from marketplace.audit.queries import AuditLine, list_for_object, list_of_councils
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.rails import Rail
from marketplace.planning.words import act_words
from payments.queries.orders import OrderView, get_order, list_paid_by_budgets

PAGE_SIZE = 50
BATCH = 1_000
MOST_IN_A_FILE = 50_000
ABOUT_MONEY = ("order.", "payment.", "refund.", "budget.", "mandate.", "evidence.", "person.merge", "person.died")
"""Acts that begin so are about money or about who may spend it: plans, notes and looks are not its to read."""


@dataclass(frozen=True)
class RecordFilter:
    """Which acts: each part narrows."""

    person_id: int | None = None
    user_id: int | None = None
    day: date | None = None
    before_id: int | None = None


@dataclass(frozen=True)
class RecordedAct:
    """One act in words, with names as they are now."""

    id: int
    at: datetime
    who: str
    user_id: int | None
    what: str
    person_id: int | None
    person: str | None
    organisation: str | None
    reason: str | None
    order_id: int | None
    reference: str | None


@dataclass(frozen=True)
class RecordPage:
    """Acts newest first; `older_than` is the id to go on from, None at the end."""

    acts: tuple[RecordedAct, ...]
    older_than: int | None


@dataclass(frozen=True)
class Leave:
    """Who spent an order, for what, with whose leave."""

    order: OrderView
    mandate: MandateLine | None
    granted_by: str | None
    confirmed_by: str | None
    organisation: str | None
    decided_by: str | None
    pots: tuple[str, ...]
    acts: tuple[RecordedAct, ...]


def user_of(email: str) -> int:
    """Whoever has this address. Raises DomainError on the field."""
    user = find_user_by_email(email.strip().lower())
    if user is None:
        raise DomainError("Nobody with this email address has acted here. Check it.", field="who")
    return user.id


def get_record(actor: Actor, wanted: RecordFilter) -> RecordPage:
    """A page of the record of the actor's councils. As many queries for one act as for fifty."""
    lines = _lines(actor, wanted, PAGE_SIZE + 1)
    more, lines = len(lines) > PAGE_SIZE, lines[:PAGE_SIZE]
    return RecordPage(tuple(_acts(lines)), lines[-1].id if more else None)


def every_act(actor: Actor, wanted: RecordFilter) -> Iterator[RecordedAct]:
    """The whole of it for a file, newest first, read in batches; at most `MOST_IN_A_FILE`."""
    for _ in range(MOST_IN_A_FILE // BATCH):
        lines = _lines(actor, wanted, BATCH)
        yield from _acts(lines)
        if len(lines) < BATCH:
            return
        wanted = replace(wanted, before_id=lines[-1].id)


def _lines(actor: Actor, wanted: RecordFilter, limit: int) -> list[AuditLine]:
    since, until = clock.day_bounds(wanted.day, wanted.day) if wanted.day else (None, None)
    return list_of_councils(
        reading_councils(actor),
        beginning=ABOUT_MONEY,
        person_id=wanted.person_id,
        actor_user_id=wanted.user_id,
        since=since,
        until=until,
        before_id=wanted.before_id,
        limit=limit,
    )


def _acts(lines: list[AuditLine]) -> list[RecordedAct]:
    """In words, without what is about an order that no budget pays: that is its buyer's own."""
    paid = list_paid_by_budgets(line.object_id for line in lines if line.object_type == "order" and line.object_id)
    shown = [line for line in lines if line.object_type != "order" or line.object_id in paid]
    names = names_of(line.actor_user_id for line in shown)
    people = people_by_id(line.person_id for line in shown if line.person_id is not None)
    organisations = organisations_by_id(line.organisation_id for line in shown if line.organisation_id is not None)
    acts = []
    for line in shown:
        person = people.get(line.person_id or 0)
        organisation = organisations.get(line.organisation_id or 0)
        total = line.details.get("total_pence")
        name = organisation.name if organisation else None
        acts.append(
            RecordedAct(
                line.id,
                line.at,
                names.get(line.actor_user_id, "Somebody") if line.actor_user_id else "The marketplace itself",
                line.actor_user_id,
                act_words(line.action, total if isinstance(total, int) else None, name),
                line.person_id,
                person.name if person else None,
                name,
                line.reason,
                line.object_id if line.object_type == "order" else None,
                paid.get(line.object_id or 0) if line.object_type == "order" else None,
            )
        )
    return acts


def get_leave(actor: Actor, order_id: int) -> Leave:
    """Everything about one order that a budget of the actor's council pays. Raises NotFound for any other."""
    order = get_order(order_id)
    if order.council_id not in reading_councils(actor) or all(part.rail is Rail.OWN_MONEY for part in order.funding):
        raise NotFound
    mandate = get_mandate(order.mandate_id) if order.mandate_id is not None else None
    decided = order.approval.decided_by_user_id if order.approval else None
    names = names_of(
        (mandate.granted_by_user_id if mandate else None, mandate.confirmed_by_user_id if mandate else None, decided)
    )
    point = order.assisted_by_organisation_id
    entries = list_entries_of_order(order_id)
    return Leave(
        order,
        mandate,
        names.get(mandate.granted_by_user_id) if mandate and mandate.granted_by_user_id else None,
        names.get(mandate.confirmed_by_user_id) if mandate and mandate.confirmed_by_user_id else None,
        organisations_by_id([point])[point].name if point is not None else None,
        names.get(decided) if decided is not None else None,
        tuple(dict.fromkeys(entry.pot_name for entry in entries)),
        tuple(_acts(list_for_object("order", order_id))),
    )
