"""The lead of a team says which colleague acts for whom: one or many people in one act, for good or for some days.

The mandate stays the organisation's, with its limits and its end; only who is named in it changes. A lead names nobody
under what belongs to a court's or a person's own choice of name, and never themself.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, insert, select

from budgets import ports
from budgets.constraints import named_constraints
from budgets.domain import allowed
from budgets.models import Mandate, MandateStaff
from budgets.queries.mandates import MandateLine, StandIn, list_of_organisations
from budgets.services import mandate_letters as letters
from budgets.services.hand_overs import PERSONAL
from budgets.services.mandates import MOST_STAFF, STAFF_ROLES, works_for
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of, list_users_of
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound


@dataclass(frozen=True)
class Move:
    """These mandates go from one colleague to another, with why; `away` are the days for which somebody stands in."""

    mandate_ids: frozenset[int]
    from_user_id: int
    to_user_id: int
    reason: str
    away: tuple[date, date] | None = None


@dataclass(frozen=True)
class Moved:
    """What became of one mandate: `why_not` says in a sentence why nothing changed; None when it was done."""

    mandate_id: int
    person_name: str
    why_not: str | None


def team_mandates(actor: Actor) -> list[MandateLine]:
    """Open mandates of the teams that the actor leads, by the person's name. Raises NotFound for who leads none."""
    teams = actor.organisation_ids(Role.TEAM_LEAD)
    if not teams:
        raise NotFound
    return list_of_organisations(teams)


def colleagues(actor: Actor) -> dict[int, str]:
    """Who can be named in mandates of the teams that the actor leads, by name; never the actor."""
    found = {
        user.id: user.name
        for team in actor.organisation_ids(Role.TEAM_LEAD)
        for user in list_users_of(team, *STAFF_ROLES)
    }
    return {
        user_id: name
        for user_id, name in sorted(found.items(), key=lambda one: one[1].casefold())
        if user_id != actor.user_id
    }


def move(actor: Actor, wanted: Move) -> list[Moved]:
    """Name somebody else in all these mandates, each judged alone; answers what became of each, by name.

    All that can be done is done in one transaction. Raises NotFound for a mandate of no team of the actor's, and
    DomainError on the field to change.
    """
    mandates = [line for line in team_mandates(actor) if line.id in wanted.mandate_ids]
    _check(actor, wanted, {line.id for line in mandates})
    done: list[Moved] = []
    with transaction(), named_constraints():
        db.session.execute(
            select(Mandate.id).where(Mandate.id.in_(wanted.mandate_ids)).order_by(Mandate.id).with_for_update()
        )
        for line in [line for line in team_mandates(actor) if line.id in wanted.mandate_ids]:
            why_not = _why_not(line, wanted)
            if why_not is None:
                _name(actor, line, wanted)
            done.append(Moved(line.id, line.person_name, why_not))
        moved = sum(one.why_not is None for one in done)
        if moved:
            letters.moved(wanted.from_user_id, wanted.to_user_id, moved, wanted.away, wanted.reason)
    return done


def _check(actor: Actor, wanted: Move, known: Collection[int]) -> None:
    if wanted.mandate_ids - set(known):
        raise NotFound
    if not wanted.mandate_ids:
        raise DomainError("Choose at least one person", field="people")
    if wanted.to_user_id == actor.user_id:
        raise DomainError("Choose a colleague: nobody names themself", field="to")
    if wanted.to_user_id not in colleagues(actor):
        raise DomainError("Choose a colleague", field="to")
    if wanted.from_user_id == wanted.to_user_id:
        raise DomainError("Choose somebody other than who acts now", field="to")
    if not wanted.reason.strip():
        raise DomainError("Say why, so that the next person knows", field="reason")
    if wanted.away is not None and wanted.away[0] < clock.today():
        raise DomainError("Choose a first day from today on", field="first")
    if wanted.away is not None and wanted.away[1] < wanted.away[0]:
        raise DomainError("The last day must be on or after the first day", field="last")


def _why_not(line: MandateLine, wanted: Move) -> str | None:
    to = actor_of(wanted.to_user_id)
    roles = frozenset(m.role for m in to.memberships if m.organisation_id == line.organisation_id)
    if line.legal_basis in PERSONAL:
        return "It names somebody by their own name. A new one has to be given."
    if wanted.from_user_id not in line.staff_ids:
        return "Whoever you chose is not named in it any more."
    if line.organisation_id is None or not works_for(to, line.organisation_id):
        return f"{to.name} does not work in this team."
    if not allowed(line.legal_basis, True, roles) & line.actions:
        return f"{to.name} may do nothing of what it allows, in their job."
    if to.user_id == line.person_user_id:
        return "Nobody acts for themself."
    if to.user_id in line.staff_ids and wanted.away is not None:
        return f"{to.name} is named in it already."
    if wanted.away is not None and wanted.away[1] > line.ends_on:
        return "It ends before the last of these days."
    if wanted.away is not None and len(line.everybody_named) >= MOST_STAFF and to.user_id not in line.everybody_named:
        return f"{MOST_STAFF} people are named in it already."
    return None


def _name(actor: Actor, line: MandateLine, wanted: Move) -> None:
    """Who is named from now on, or on those days; a stand-in who takes over for good is named once."""
    db.session.execute(
        delete(MandateStaff).where(
            MandateStaff.mandate_id == line.id,
            MandateStaff.user_id == wanted.to_user_id,
        )
    )
    first, last = wanted.away or (None, None)
    db.session.execute(
        insert(MandateStaff).values(mandate_id=line.id, user_id=wanted.to_user_id, starts_on=first, ends_on=last)
    )
    _record(actor, line, "mandate.stand_in" if wanted.away else "mandate.add_staff", wanted.to_user_id, wanted.reason)
    name = actor_of(wanted.to_user_id).name
    if first is not None and last is not None:
        letters.stands_in(line, StandIn(wanted.to_user_id, name, first, last))
        return
    db.session.execute(
        delete(MandateStaff).where(MandateStaff.mandate_id == line.id, MandateStaff.user_id == wanted.from_user_id)
    )
    _record(actor, line, "mandate.remove_staff", wanted.from_user_id, wanted.reason)
    ports.hand_on_baskets(line.person_id, [wanted.from_user_id], wanted.to_user_id)
    letters.acts_instead(line, name, dict(line.staff)[wanted.from_user_id], wanted.reason)


def _record(actor: Actor, line: MandateLine, action: str, user_id: int, reason: str) -> None:
    record(
        action,
        "mandate",
        line.id,
        actor_user_id=actor.user_id,
        person_id=line.person_id,
        mandate_id=line.id,
        organisation_id=line.organisation_id,
        council_id=line.council_id,
        reason=reason,
        user_id=user_id,
    )
