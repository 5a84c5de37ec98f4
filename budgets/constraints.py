"""Turns what a named constraint refuses into the sentence that belongs to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from budgets.errors import BudgetError

# Name of the constraint, the columns by which SQLite names it, the sentence, the field of the form.
_SENTENCES = (
    (
        "uq_people_reference",
        "people.council_id, people.council_reference",
        "Somebody else has this reference already. Check the reference.",
        "person_reference",
    ),
    (
        "uq_personal_budgets_reference",
        "personal_budgets.council_id, personal_budgets.reference",
        "There is a budget with this reference already. Use another reference, or change that budget.",
        "reference",
    ),
    (
        "uq_pots_name",
        "pots.budget_id, pots.name",
        "This budget has a pot of that name already. Choose another name.",
        "pot",
    ),
    (
        "uq_pot_periods_start",
        "pot_periods.pot_id, pot_periods.starts_on",
        "This pot has a period from that day already.",
        "starts_on",
    ),
    ("ck_pot_periods_apart", None, "These dates overlap another period of this pot. Check both dates.", "starts_on"),
    ("ck_pot_amounts_dates", None, "The last day must be on or after the first day.", "ends_on"),
    ("ck_pot_amounts_amount", None, "Enter an amount of £0.00 or more.", "amount"),
    ("ck_pot_amounts_contribution", None, "The contribution cannot be more than the amount.", "contribution"),
    ("ck_pot_amounts_second_person", None, "You prepared this, so somebody else has to agree.", None),
    ("ck_surplus_rules_second_person", None, "You prepared this, so somebody else has to agree.", None),
    ("ck_surpluses_second_person", None, "You prepared this, so somebody else has to agree.", None),
    ("ck_personal_budgets_dates", None, "The last day must be on or after the first day.", "ends_on"),
    ("ck_pot_periods_dates", None, "The last day must be on or after the first day.", "ends_on"),
    ("ck_pot_periods_not_overspent", None, "There is less than that left. Enter what is left now, or less.", "amount"),
    ("ck_mandates_dates", None, "The last day must be on or after the first day.", "ends_on"),
    ("ck_mandates_order_limit", None, "Enter a limit of £0.00 or more.", "order_limit"),
    ("ck_mandates_second_person", None, "You recorded this, so somebody else has to confirm it.", None),
    ("ck_payee_necessities_dates", None, "The last day must be on or after the first day.", "ends_on"),
    ("ck_payee_necessities_second_person", None, "You recorded this, so a second officer has to agree.", None),
    (
        "ck_restrictions_dates",
        None,
        "The last day must be on or after the first day, and the review between.",
        "ends_on",
    ),
    ("ck_restrictions_second_person", None, "You wrote this rule down, so a second officer has to agree.", None),
    ("ck_allocation_changes_second_person", None, "You prepared this, so somebody else has to agree.", None),
)


@contextmanager
def named_constraints() -> Iterator[None]:
    """Inside `transaction()`: a refusal of the database by a constraint of ours leaves as a BudgetError."""
    try:
        yield
    except IntegrityError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error


def refusal_of(error: IntegrityError) -> BudgetError | None:
    """The sentence for a constraint that refused; None for one that nobody can mend at a form."""
    named = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    text = str(error.orig)
    for name, columns, sentence, field in _SENTENCES:
        if named == name or name in text or (columns is not None and f"failed: {columns}" in text):
            return BudgetError(sentence, field=field)
    return None
