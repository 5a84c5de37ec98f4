"""Whether an order keeps to the rules that a council set for its person: asked when looked at, placed, agreed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from budgets import ports
from budgets.domain import MandateAction, PersonView, ProposedLine
from budgets.domain.restrictions import OF_PROVIDERS, RestrictionKind, RestrictionView
from budgets.errors import LineRefused
from budgets.queries.access import list_user_ids_named
from budgets.queries.people import get_person
from budgets.queries.restrictions import kept_in_month, list_counting, names_in
from budgets.restriction_words import nobody_words, refusal_words, rule_words, second_words
from budgets.words import short_name
from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import get_council, organisations_by_id
from marketplace.kernel import clock


@dataclass(frozen=True)
class Judged:
    """What rules ask of an order that they allow: why a second person agrees first, and what the order notes of it."""

    second: str | None = None
    note: str | None = None


def judge(actor: Actor, person: PersonView, lines: Sequence[ProposedLine], total_pence: int) -> Judged:
    """Judge what somebody wants to order from a person's budget now. Raises LineRefused with one sentence."""
    rules = list_counting(person)
    if not rules:
        return Judged()
    _refuse(rules, person, lines, total_pence, kept_in_month(person.id, clock.today()) + total_pence)
    council = get_council(rules[0].council_id).name
    second = None
    if any(rule.kind is RestrictionKind.SECOND_PERSON for rule in rules):
        others = {person.user_id, *list_user_ids_named(person.id, MandateAction.APPROVE)} - {None, actor.user_id}
        if not others:
            raise LineRefused(nobody_words(council, person.name))
        second = second_words(council, person.name)
    categories, providers = dict(ports.list_category_choices()), names_in(rules)
    said = "; ".join(rule_words(rule, categories, providers) for rule in rules)
    return Judged(second, f"Looked at: the rules of {council} for {short_name(person.name)}. {said}.")


def judge_again(person_id: int, lines: Sequence[ProposedLine], total_pence: int, ordered_on: date) -> None:
    """Judge an order that was prepared, and counts in its month already, when a second person agrees to it."""
    person = get_person(person_id)
    rules = list_counting(person)
    if rules:
        _refuse(rules, person, lines, total_pence, kept_in_month(person_id, ordered_on))


def refusal_of_purchase(rules: Sequence[RestrictionView], person_name: str, line: ProposedLine) -> str | None:
    """Why rules that were read before do not allow one thing, for a list of many people; None when they do, as far as
    one can say without what else was ordered in the month."""
    return _refusal(rules, person_name, [line], line.pence, line.pence)


def _refuse(
    rules: Sequence[RestrictionView], person: PersonView, lines: Sequence[ProposedLine], total: int, month: int
) -> None:
    words = _refusal(rules, person.name, lines, total, month)
    if words is not None:
        raise LineRefused(words)


def _refusal(
    rules: Sequence[RestrictionView],
    person_name: str,
    lines: Sequence[ProposedLine],
    total_pence: int,
    month_pence: int,
) -> str | None:
    for rule in rules:
        at_fault = rule.forbids(lines, total_pence=total_pence, month_pence=month_pence)
        if at_fault is False:
            continue
        providers = names_in([rule])
        if rule.kind in OF_PROVIDERS and isinstance(at_fault, ProposedLine):
            provider_id = at_fault.provider_organisation_id
            providers |= {key: found.name for key, found in organisations_by_id([provider_id]).items()}
        return refusal_words(
            rule,
            at_fault,
            person_name=person_name,
            council=get_council(rule.council_id).name,
            total_pence=total_pence,
            month_pence=month_pence,
            categories=dict(ports.list_category_choices()),
            providers=providers,
        )
    return None
