"""Tables of people, personal budgets, the budget book, mandates, outcomes and consents."""

from budgets.models.book import (
    AllocationChange,
    BudgetEntry,
    PersonalBudget,
    Pot,
    PotAmount,
    PotDeployment,
    PotPeriod,
)
from budgets.models.interests import DeclaredInterest
from budgets.models.loads import BudgetLoad, BudgetLoadRefusal, CouncilFileMap
from budgets.models.mandates import (
    HandOver,
    Mandate,
    MandatePaper,
    MandatePot,
    MandateQuestion,
    MandateScope,
    MandateStaff,
)
from budgets.models.payees import PayeeDeclaration, PayeeNecessity
from budgets.models.people import Consent, HelpNote, PaperLetter, Person, PersonMerge
from budgets.models.plans import Outcome, OutcomeRating, PlanReview, PlanSolution, PlanVersion
from budgets.models.restrictions import Restriction, RestrictionQuestion
from budgets.models.surplus import Surplus, SurplusRule

__all__ = [
    "AllocationChange",
    "BudgetEntry",
    "BudgetLoad",
    "BudgetLoadRefusal",
    "Consent",
    "CouncilFileMap",
    "DeclaredInterest",
    "HandOver",
    "HelpNote",
    "Mandate",
    "MandatePaper",
    "MandatePot",
    "MandateQuestion",
    "MandateScope",
    "MandateStaff",
    "Outcome",
    "OutcomeRating",
    "PaperLetter",
    "PayeeDeclaration",
    "PayeeNecessity",
    "Person",
    "PersonMerge",
    "PersonalBudget",
    "PlanReview",
    "PlanSolution",
    "PlanVersion",
    "Pot",
    "PotAmount",
    "PotDeployment",
    "PotPeriod",
    "Restriction",
    "RestrictionQuestion",
    "Surplus",
    "SurplusRule",
]
