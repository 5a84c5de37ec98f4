"""What budgets decide by: entries of the book, mandates, people and outcomes. Pure."""

from budgets.domain.allocations import ContributionHow, Every, RegularAmount
from budgets.domain.book import EFFECTS, Balance, BudgetState, EntryKind, EntryView, Funder, OutsideRule, PotChoice
from budgets.domain.mandates import (
    ACTIONS_OF_ROLE,
    ASSISTED_ACTIONS,
    SPENDING,
    Assistance,
    LegalBasis,
    MandateAction,
    MandateView,
    allowed,
)
from budgets.domain.people import ConsentHow, ConsentKind, PersonAccess, PersonContact, PersonView
from budgets.domain.plans import OrderRight, OutcomeView, ProposedLine, SolutionKind, is_outside

__all__ = [
    "ACTIONS_OF_ROLE",
    "ASSISTED_ACTIONS",
    "EFFECTS",
    "SPENDING",
    "Assistance",
    "Balance",
    "BudgetState",
    "ConsentHow",
    "ConsentKind",
    "ContributionHow",
    "EntryKind",
    "EntryView",
    "Every",
    "Funder",
    "LegalBasis",
    "MandateAction",
    "MandateView",
    "OrderRight",
    "OutcomeView",
    "OutsideRule",
    "PersonAccess",
    "PersonContact",
    "PersonView",
    "PotChoice",
    "ProposedLine",
    "RegularAmount",
    "SolutionKind",
    "allowed",
    "is_outside",
]
