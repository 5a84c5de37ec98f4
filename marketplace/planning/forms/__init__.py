"""Forms of planning: one module for each matter."""

from marketplace.planning.forms.evidence import AskForm, CloseForm, HandInForm
from marketplace.planning.forms.monitoring import ExplainForm, LookForm, RuleForm
from marketplace.planning.forms.plans import AssistedNoteForm, ConsentForm, OutcomeForm, OutcomeWords, VisitorForm

__all__ = [
    "AskForm",
    "AssistedNoteForm",
    "CloseForm",
    "ConsentForm",
    "ExplainForm",
    "HandInForm",
    "LookForm",
    "OutcomeForm",
    "OutcomeWords",
    "RuleForm",
    "VisitorForm",
]
