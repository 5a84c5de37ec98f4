"""Whether a purchase is outside what the plan means for its outcome, or the council for the pot: a question to ask."""

from collections.abc import Collection

from budgets.domain import OutcomeView, OutsideRule, PotChoice, is_outside
from budgets.services.pots import why_outside_pot
from catalogue.queries.categories import categories_by_slug


def why_asked(outcome: OutcomeView | None, pot: PotChoice | None, category_slugs: Collection[str]) -> str | None:
    """What a buyer is asked about before it is ordered: the plan, and the pot where its council asks; None for neither.

    What a council stops is no question: `judge_pot` refuses it.
    """
    asks = pot if pot is not None and pot.outside is OutsideRule.WARN else None
    found = [words for words in (why_outside(outcome, category_slugs), why_outside_pot(asks, category_slugs)) if words]
    return " ".join(found) or None


def why_outside(outcome: OutcomeView | None, category_slugs: Collection[str]) -> str | None:
    """In which way a purchase is outside what the plan means, as a sentence; None when it is not.

    The categories are read only when the outcome's own is not that of what is bought.
    """
    if outcome is None or (outcome.ended_at is None and {outcome.category_slug} in ({None}, set(category_slugs))):
        return None
    categories = categories_by_slug()
    if not is_outside(outcome, category_slugs, {slug: found.parent_slug for slug, found in categories.items()}):
        return None
    if outcome.ended_at is not None:
        return f"“{outcome.words}” is no longer on the plan."
    meant = categories.get(outcome.category_slug or "")
    names = {categories[slug].name for slug in category_slugs if slug in categories}
    return (
        f"For “{outcome.words}” the plan means {meant.name if meant else 'something else'}, "
        f"and this is {' and '.join(sorted(names)) or 'something else'}."
    )
