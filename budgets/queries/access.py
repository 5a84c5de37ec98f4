"""By what right somebody acts for a person. Asked anew at every act; a refusal looks like nothing being there."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, cast, func, or_, select

from budgets.domain import (
    ASSISTED_ACTIONS,
    SPENDING,
    Assistance,
    ConsentKind,
    MandateAction,
    MandateView,
    PersonAccess,
    PersonView,
    allowed,
)
from budgets.errors import AuthorityEnded
from budgets.models import Consent, Mandate, MandatePot, MandateScope, MandateStaff, Person
from budgets.queries.people import COLUMNS, find_person, find_person_of_user, person_view
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, send
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

MANDATE_COLUMNS = (
    Mandate.id,
    Mandate.person_id,
    Person.name,
    Mandate.organisation_id,
    Mandate.legal_basis,
    Mandate.order_limit_pence,
    Mandate.month_limit_pence,
    Mandate.starts_on,
    Mandate.ends_on,
    Person.postcode,
    Person.flagged_at,
    # In the same statement, because most mandates name no pot.
    select(func.aggregate_strings(cast(MandatePot.pot_id, String), ","))
    .where(MandatePot.mandate_id == Mandate.id)
    .correlate(Mandate)
    .scalar_subquery()
    .label("pots"),
    select(func.aggregate_strings(cast(MandateScope.action, String), ","))
    .where(MandateScope.mandate_id == Mandate.id)
    .correlate(Mandate)
    .scalar_subquery()
    .label("acts"),
)


READING = frozenset({MandateAction.READ_BUDGET, MandateAction.READ_PLAN})


def live(today: Any = None) -> ColumnElement[bool]:
    """Whether a mandate counts today: confirmed, begun, not over, not ended, not suspended.

    `today` is a parameter where the condition is a part of a statement that is kept.
    """
    today = clock.today() if today is None else today
    return and_(
        Mandate.confirmed_at.is_not(None),
        Mandate.starts_on <= today,
        Mandate.ends_on >= today,
        Mandate.ended_at.is_(None),
        Mandate.suspended_at.is_(None),
    )


def named(today: Any = None) -> ColumnElement[bool]:
    """Whether the naming of a user counts today: for good, or as a stand-in within the days that it names."""
    today = clock.today() if today is None else today
    return or_(MandateStaff.starts_on.is_(None), and_(MandateStaff.starts_on <= today, MandateStaff.ends_on >= today))


def naming() -> Select[Any]:
    """Live mandates that name a user, given to nobody else's organisation."""
    return (
        select(*MANDATE_COLUMNS, MandateStaff.ends_on.label("stands_in_until"))
        .join(MandateStaff, MandateStaff.mandate_id == Mandate.id)
        .join(Person, Person.id == Mandate.person_id)
        .where(
            MandateStaff.user_id == bindparam("user_id"),
            named(bindparam("today")),
            live(bindparam("today")),
            or_(
                Mandate.organisation_id.is_(None),
                Mandate.organisation_id.in_(bindparam("organisations", expanding=True)),
            ),
        )
        .order_by(Person.name, Person.id, Mandate.id)
    )


_NAMING = naming()
_NAMING_FOR_PERSON = _NAMING.where(Mandate.person_id == bindparam("person_id"))


def list_mandates_of(actor: Actor, *, person_id: int | None = None) -> list[MandateView]:
    """Live mandates that name the actor, by the person's name. One query.

    A mandate given to an organisation counts only while the actor works there, and only with the actions that a
    mandate of that kind and their role there may have; and with nothing that spends while its person is flagged. For a
    stand-in it ends when their days do.
    """
    if actor.user_id is None:
        return []
    parameters = {
        "user_id": actor.user_id,
        "today": clock.today(),
        "organisations": sorted({m.organisation_id for m in actor.memberships}),
    }
    if person_id is None:
        rows = send(_NAMING, parameters)
    else:
        rows = send(_NAMING_FOR_PERSON, {**parameters, "person_id": person_id})
    mandates = []
    for row in rows:
        roles = frozenset(m.role for m in actor.memberships if m.organisation_id == row.organisation_id)
        actions = actions_in(row.acts)
        may = actions & allowed(row.legal_basis, row.organisation_id is not None, roles)
        mandates.append(_view(row, may - SPENDING if row.flagged_at is not None else may))
    return mandates


def actions_in(acts: str | None) -> frozenset[MandateAction]:
    """The actions that stand behind each other in one value."""
    return frozenset(MandateAction(action) for action in (acts or "").split(",") if action)


def actions_of(mandate_ids: Any) -> dict[int, frozenset[MandateAction]]:
    """Actions by mandate, in one query."""
    wanted = set(mandate_ids)
    found: dict[int, set[MandateAction]] = {}
    if wanted:
        for mandate_id, action in db.session.execute(
            select(MandateScope.mandate_id, MandateScope.action).where(MandateScope.mandate_id.in_(wanted))
        ):
            found.setdefault(mandate_id, set()).add(action)
    return {mandate_id: frozenset(actions) for mandate_id, actions in found.items()}


def _view(row: Any, actions: frozenset[MandateAction]) -> MandateView:
    return MandateView(
        row.id,
        row.person_id,
        row.name,
        row.organisation_id,
        row.legal_basis,
        actions,
        row.order_limit_pence,
        row.month_limit_pence,
        row.starts_on,
        min(row.ends_on, row.stands_in_until or row.ends_on),
        row.postcode,
        frozenset(int(pot_id) for pot_id in (row.pots or "").split(",") if pot_id),
    )


def widest_first(mandate: MandateView) -> tuple[bool, bool, int, int]:
    """Of several mandates with the action, one for all money before one for some, then the widest limit."""
    limit = mandate.order_limit_pence
    return bool(mandate.pot_ids), limit is not None, -(limit or 0), mandate.id


def find_access(
    actor: Actor, person_id: int, action: MandateAction, *, money: Collection[int | None] = ()
) -> PersonAccess | None:
    """The actor's right to one action for a person: as themself, under a live mandate, or at an access point.

    `money` is what the act uses: pots, and None for the person's own. A mandate that names pots has to cover all of it.

    While the person is flagged for safeguarding nobody but themself orders anything new. Nothing but reading is left
    once the council has recorded that the person died.
    """
    person = find_person(person_id) if actor.user_id is not None else None
    return access_of(actor, person, action, money=money) if person is not None else None


def access_of(
    actor: Actor, person: PersonView, action: MandateAction, *, money: Collection[int | None] = ()
) -> PersonAccess | None:
    """As `find_access`, for a person whom the caller has just read."""
    if person.died_on is not None and action not in READING:
        return None
    if actor.user_id is None:
        return None
    if person.user_id == actor.user_id:
        find_person_of_user.know(person, actor.user_id)
        return PersonAccess(person)
    mandates = list_mandates_of(actor, person_id=person.id)
    fitting = [m for m in mandates if action in m.actions and all(m.covers(pot_id) for pot_id in money)]
    if fitting:
        return PersonAccess(person, mandate=min(fitting, key=widest_first))
    assistance = find_assistance(actor, person.id)
    if assistance is not None and action in assistance.actions:
        return PersonAccess(person, assisted_organisation_id=assistance.organisation_id)
    return None


def is_their_social_worker(actor: Actor, person: PersonView) -> bool:
    """Whether the actor is a social worker of a person's council. Nobody is of a record that was merged into another
    one, where nothing is written down any more."""
    return (
        person.council_id is not None
        and person.council_id in actor.council_ids(Role.SOCIAL_WORKER)
        and db.session.scalar(select(Person.merged_into_person_id).where(Person.id == person.id)) is None
    )


def get_access(actor: Actor, person_id: int, action: MandateAction) -> PersonAccess:
    """As `find_access`; raises NotFound when there is no such right, whether or not there is such a person."""
    access = find_access(actor, person_id, action)
    if access is None:
        raise NotFound
    return access


def get_access_begun(actor: Actor, person: PersonView, action: MandateAction) -> PersonAccess:
    """As `access_of`, for something that the actor began when they had the right: raises AuthorityEnded without it."""
    access = access_of(actor, person, action)
    if access is None:
        raise AuthorityEnded(person.name)
    return access


def find_acting(actor: Actor, person_id: int) -> PersonView | None:
    """The person, if the actor may do anything at all for them as somebody else: under a mandate or at an access point.

    None for a stranger, and for the actor's own person, for whom nobody acts.
    """
    person = find_person(person_id) if actor.user_id is not None else None
    if person is None or person.user_id == actor.user_id:
        return None
    if any(m.actions for m in list_mandates_of(actor, person_id=person_id)):
        return person
    return person if find_assistance(actor, person_id) is not None else None


def actions_for(actor: Actor, person_id: int) -> frozenset[MandateAction]:
    """All that the actor may do for somebody else: under mandates, and at an access point while it serves them."""
    found = frozenset[MandateAction]().union(*(m.actions for m in list_mandates_of(actor, person_id=person_id)))
    assistance = find_assistance(actor, person_id)
    return found | assistance.actions if assistance is not None else found


def _live_assistance(actor: Actor) -> ColumnElement[bool]:
    now = clock.now()
    return and_(
        Consent.kind == ConsentKind.ASSISTED_ORDER,
        Consent.organisation_id.in_(actor.organisation_ids(Role.ACCESS_POINT_WORKER)),
        Consent.withdrawn_at.is_(None),
        Consent.given_at <= now,
        Consent.ends_at > now,
    )


def find_assistance(actor: Actor, person_id: int) -> Assistance | None:
    """What the actor may do with a person whose consent to order at an access point of theirs stands now. One query."""
    if not actor.organisation_ids(Role.ACCESS_POINT_WORKER):
        return None
    row = db.session.execute(
        select(Consent.organisation_id, Person.flagged_at)
        .join(Person, Person.id == Consent.person_id)
        .where(Consent.person_id == person_id, _live_assistance(actor))
        .order_by(Consent.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Assistance(row.organisation_id, ASSISTED_ACTIONS - SPENDING if row.flagged_at else ASSISTED_ACTIONS)


def list_assisted_people(actor: Actor) -> list[PersonView]:
    """Everybody whose consent to order with an access point of the actor's stands now, by name. One query."""
    if not actor.organisation_ids(Role.ACCESS_POINT_WORKER):
        return []
    served = select(Consent.person_id).where(_live_assistance(actor))
    rows = db.session.execute(select(*COLUMNS).where(Person.id.in_(served)).order_by(Person.name, Person.id))
    return [person_view(row) for row in rows]


def list_people(actor: Actor, action: MandateAction) -> list[PersonView]:
    """Everybody for whom the actor may do this now: themself first, then by name. A constant number of queries."""
    if actor.user_id is None:
        return []
    own = find_person_of_user(actor.user_id)
    person_ids = {m.person_id for m in list_mandates_of(actor) if action in m.actions}
    if action in ASSISTED_ACTIONS and actor.organisation_ids(Role.ACCESS_POINT_WORKER):
        served = select(Consent.person_id).where(_live_assistance(actor))
        if action in SPENDING:
            served = served.join(Person, Person.id == Consent.person_id).where(Person.flagged_at.is_(None))
        person_ids |= set(db.session.scalars(served))
    if own is not None:
        person_ids.discard(own.id)
    rows = (
        db.session.execute(select(*COLUMNS).where(Person.id.in_(person_ids)).order_by(Person.name, Person.id))
        if person_ids
        else ()
    )
    others = [person_view(row) for row in rows]
    return [own, *others] if own is not None else others


def list_user_ids_named(person_id: int, action: MandateAction) -> list[int]:
    """Users named in a live mandate for a person who may do `action` today: whom to write to when it is wanted.

    A letter says who somebody is and what they buy, so whoever left the organisation that holds the mandate gets none.
    """
    named_ids = list(
        db.session.scalars(
            select(MandateStaff.user_id)
            .join(Mandate, Mandate.id == MandateStaff.mandate_id)
            .join(MandateScope, and_(MandateScope.mandate_id == Mandate.id, MandateScope.action == action))
            .where(Mandate.person_id == person_id, named(), live())
            .distinct()
            .order_by(MandateStaff.user_id)
        )
    )
    return [user_id for user_id in named_ids if find_access(actor_of(user_id), person_id, action) is not None]


def names_user_now(user_id: Any, today: Any) -> ColumnElement[bool]:
    """Whether any mandate that counts on a day names a user, so that a list of people is worth a link.

    A part of another package's query.
    """
    names = select(Mandate.id).join(MandateStaff, MandateStaff.mandate_id == Mandate.id)
    return names.where(MandateStaff.user_id == user_id, named(today), live(today)).exists()


def list_acting(actor: Actor) -> list[PersonView]:
    """Everybody but themself for whom the actor may do anything now, by name. A constant number of queries."""
    if actor.user_id is None:
        return []
    person_ids = {m.person_id for m in list_mandates_of(actor) if m.actions}
    if actor.organisation_ids(Role.ACCESS_POINT_WORKER):
        person_ids |= set(db.session.scalars(select(Consent.person_id).where(_live_assistance(actor))))
    if not person_ids:
        return []
    rows = db.session.execute(
        select(*COLUMNS)
        .where(Person.id.in_(person_ids), or_(Person.user_id.is_(None), Person.user_id != actor.user_id))
        .order_by(Person.name, Person.id)
    )
    return [person_view(row) for row in rows]
