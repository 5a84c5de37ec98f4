"""Which outcome something serves where the buyer has not said it yet."""

from budgets.domain import OutcomeView
from payments.queries.baskets import BasketLineView


def remembered_outcome(lines: tuple[BasketLineView, ...], outcomes: tuple[OutcomeView, ...]) -> int | None:
    """The outcome for which all of these lines were found, when it is one."""
    found = {line.outcome_id for line in lines}
    return found.pop() if len(found) == 1 and found <= {outcome.id for outcome in outcomes} else None


def only_outcome(lines: tuple[BasketLineView, ...], outcomes: tuple[OutcomeView, ...]) -> int | None:
    """The outcome when there is only one, or only one that names the category of all these lines."""
    outcomes = tuple(outcome for outcome in outcomes if outcome.ended_at is None)
    if len(outcomes) == 1:
        return outcomes[0].id
    categories = {line.offer.category_slug for line in lines if line.offer}
    fitting = [outcome.id for outcome in outcomes if {outcome.category_slug} == categories]
    return fitting[0] if len(fitting) == 1 else None
