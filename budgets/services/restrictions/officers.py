"""Officers of a council set a rule for one person, agree to what a colleague wrote, look at it again, and end it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, update

from budgets import ports
from budgets.constraints import named_constraints
from budgets.domain import MandateAction, PersonView
from budgets.domain.people import LetterAbout
from budgets.domain.restrictions import (
    LONGEST,
    OF_CATEGORIES,
    OF_MONEY,
    OF_PROVIDERS,
    REVIEW_WITHIN,
    RestrictionKind,
    RestrictionView,
)
from budgets.models import Restriction
from budgets.queries.access import find_access
from budgets.queries.people import get_person
from budgets.queries.restrictions import READERS, get_restriction, is_officer, names_in
from budgets.restriction_words import rule_words
from budgets.services.letters import tell_about_money
from budgets.words import day_words, possessive
from marketplace.accounts.domain import Actor, OrganisationKind
from marketplace.accounts.queries import organisations_by_id
from marketplace.audit.queries import was_recorded
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound

MOST_WORDS = 2_000
LOOK = "person.look"


@dataclass(frozen=True)
class Rule:
    """What an officer writes down: the rule, why, from when until when, and the day on which it is looked at again."""

    person_id: int
    kind: RestrictionKind
    reason: str
    starts_on: date
    ends_on: date
    review_on: date
    named: tuple[str | int, ...] = ()
    pence: int | None = None


def may_read(actor: Actor, person_id: int) -> PersonView:
    """The person, for themself, whoever reads their budget or plan for them, and officers and auditors of their
    council; NotFound for anybody else."""
    for action in (MandateAction.READ_BUDGET, MandateAction.READ_PLAN):
        access = find_access(actor, person_id, action)
        if access is not None:
            return access.person
    person = get_person(person_id)
    if person.council_id is None or person.council_id not in actor.council_ids(*READERS):
        raise NotFound
    return person


def note_look(actor: Actor, person: PersonView) -> None:
    """Write down that an officer or somebody who acts for a person read their rules, once a day each."""
    if person.user_id is not None and person.user_id == actor.user_id:
        return
    since = clock.start_of_day(clock.today())
    if was_recorded(LOOK, person_id=person.id, actor_user_id=actor.user_id, since=since):
        return
    works_for = next((m.organisation_id for m in actor.memberships if m.council_id == person.council_id), None)
    with transaction():
        record(
            LOOK,
            "person",
            person.id,
            actor_user_id=actor.user_id,
            person_id=person.id,
            organisation_id=works_for,
            council_id=person.council_id,
            page="rules",
        )


def record_rule(actor: Actor, wanted: Rule) -> int:
    """Write a rule down for a second officer of the person's council; answers its id. It does not count before.

    Raises NotFound for anybody but finance and social workers of that council, DomainError on the field at fault.
    """
    person = get_person(wanted.person_id)
    if not is_officer(actor, person.council_id):
        raise NotFound
    reason = _words(wanted.reason, "reason", "Say why this rule is needed")
    _check_days(wanted)
    named = _checked_names(wanted)
    pence = wanted.pence if wanted.kind in OF_MONEY else None
    if wanted.kind in OF_MONEY and (pence is None or pence < 0):
        raise DomainError("Enter the most that it may be", field="pence")
    with transaction(), named_constraints():
        restriction_id: int = db.session.execute(
            insert(Restriction)
            .values(
                person_id=person.id,
                council_id=person.council_id,
                kind=wanted.kind,
                named=list(named),
                pence=pence,
                reason=reason,
                starts_on=wanted.starts_on,
                ends_on=wanted.ends_on,
                review_on=wanted.review_on,
                recorded_by_user_id=actor.user_id,
                recorded_at=clock.now(),
            )
            .returning(Restriction.id)
        ).scalar_one()
        _record("restriction.record", actor, get_restriction(restriction_id), reason)
        return restriction_id


def confirm(actor: Actor, restriction_id: int) -> None:
    """A second officer agrees: it counts from its first day, and the person and whoever acts for them are told.

    Raises NotFound for anybody else, NotAllowed for the officer who wrote it down and for what waits no more.
    """
    rule = officers_rule(actor, restriction_id)
    if rule.recorded_by_user_id == actor.user_id:
        raise NotAllowed("You wrote this rule down, so a second officer has to agree.")
    with transaction(), named_constraints():
        _decide(actor, rule, agrees=True)
        _record("restriction.confirm", actor, rule)
        words = _said(rule)
        _tell(
            rule,
            "A rule for what your budget may buy",
            f"{words}, from {day_words(rule.starts_on)} to {day_words(rule.ends_on)}. It ends by itself then.",
            f"Why: {rule.reason}",
            f"It is looked at again by {day_words(rule.review_on)}.",
        )


def send_back(actor: Actor, restriction_id: int) -> None:
    """A second officer does not agree, or the first takes it back. Raises as `confirm`."""
    rule = officers_rule(actor, restriction_id)
    with transaction(), named_constraints():
        _decide(actor, rule, agrees=False)
        _record("restriction.send_back", actor, rule)


def end(actor: Actor, restriction_id: int, *, reason: str) -> None:
    """An officer ends a rule now, and the person is told. Again, it changes nothing."""
    rule = officers_rule(actor, restriction_id)
    reason = _words(reason, "reason", "Say why it ends")
    with transaction():
        ended = rows_changed(
            update(Restriction)
            .where(Restriction.id == restriction_id, Restriction.ended_at.is_(None))
            .values(ended_at=clock.now(), ended_by_user_id=actor.user_id, end_reason=reason)
        )
        if ended:
            _record("restriction.end", actor, rule, reason)
            if rule.approved:
                _tell(
                    rule, "A rule for what your budget may buy has ended", f"It said: {_said(rule)}.", f"Why: {reason}"
                )


def review(actor: Actor, restriction_id: int, *, words: str, next_on: date) -> None:
    """An officer has looked at a rule again and it stays, for the reason given, to be looked at on another day.

    Raises NotFound for anybody else, NotAllowed for what counts no more, DomainError on the field at fault.
    """
    rule = officers_rule(actor, restriction_id)
    words = _words(words, "words", "Say what was looked at, and why the rule stays")
    if not clock.today() < next_on <= min(rule.ends_on, clock.today() + REVIEW_WITHIN):
        raise DomainError(
            f"Choose a day after today, within six months, and no later than {day_words(rule.ends_on)}.",
            field="next_on",
        )
    with transaction():
        held = rows_changed(
            update(Restriction)
            .where(
                Restriction.id == restriction_id,
                Restriction.approved.is_(True),
                Restriction.ended_at.is_(None),
                Restriction.ends_on >= clock.today(),
            )
            .values(review_on=next_on, reviewed_at=clock.now(), reminded=0)
        )
        if not held:
            raise NotAllowed("This rule does not count any more, so there is nothing to look at again.")
        _record("restriction.review", actor, rule, words)


def officers_rule(actor: Actor, restriction_id: int) -> RestrictionView:
    """A rule, for finance and social workers of its council; NotFound for anybody else."""
    rule = get_restriction(restriction_id)
    if not is_officer(actor, rule.council_id):
        raise NotFound
    return rule


def _decide(actor: Actor, rule: RestrictionView, *, agrees: bool) -> None:
    decided = rows_changed(
        update(Restriction)
        .where(
            Restriction.id == rule.id,
            Restriction.approved.is_(None),
            Restriction.ended_at.is_(None),
            Restriction.ends_on >= clock.today(),
        )
        .values(approved=agrees, decided_by_user_id=actor.user_id, decided_at=clock.now())
    )
    if not decided:
        raise NotAllowed("This waits for nobody. Look at the page again to see where it stands.")


def _check_days(wanted: Rule) -> None:
    today = clock.today()
    if wanted.ends_on < max(wanted.starts_on, today):
        raise DomainError("The last day must be today or later, and not before the first day.", field="ends_on")
    if wanted.ends_on - wanted.starts_on > LONGEST:
        raise DomainError("A rule can stand for a year at most. It can be set again then.", field="ends_on")
    last = min(wanted.ends_on, max(wanted.starts_on, today) + REVIEW_WITHIN)
    if not max(wanted.starts_on, today) <= wanted.review_on <= last:
        raise DomainError(
            f"Choose a day from the first day on, within six months, and no later than {day_words(last)}.",
            field="review_on",
        )


def _checked_names(wanted: Rule) -> tuple[str | int, ...]:
    if wanted.kind in OF_CATEGORIES:
        known = [slug for slug, _ in ports.list_category_choices()]
        if not wanted.named or set(wanted.named) - set(known):
            raise DomainError("Choose at least one kind of help", field="named")
        return tuple(slug for slug in known if slug in wanted.named)
    if wanted.kind in OF_PROVIDERS:
        ids = sorted({int(each) for each in wanted.named})
        found = organisations_by_id(ids)
        if not ids or any(each not in found or found[each].kind is not OrganisationKind.PROVIDER for each in ids):
            raise DomainError("Look for a provider, and choose at least one", field="named")
        return tuple(ids)
    return ()


def _words(words: str, field: str, missing: str) -> str:
    words = words.strip()
    if not words:
        raise DomainError(missing, field=field)
    if len(words) > MOST_WORDS:
        raise DomainError(f"Use {MOST_WORDS:,} characters or fewer", field=field)
    return words


def _said(rule: RestrictionView) -> str:
    return rule_words(rule, dict(ports.list_category_choices()), names_in([rule]))


def _tell(rule: RestrictionView, subject: str, *lines: str) -> None:
    """To the person and whoever reads their money for them; an officer prints it for a person without an address."""
    whose = possessive(get_person(rule.person_id).name)
    how = (
        f"You can question it on the page of {whose} rules, or ask any officer of the council to write your question "
        "down."
    )
    tell_about_money(
        rule.person_id,
        subject,
        "\n".join([*lines, "", how]),
        f"/people/{rule.person_id}/rules",
        about=LetterAbout.AUTHORITY,
    )


def _record(action: str, actor: Actor, rule: RestrictionView, reason: str | None = None) -> None:
    record(
        action,
        "restriction",
        rule.id,
        actor_user_id=actor.user_id,
        person_id=rule.person_id,
        council_id=rule.council_id,
        reason=reason,
        kind=rule.kind.value,
    )
