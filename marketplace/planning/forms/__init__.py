"""Forms of planning: one module for each matter."""

from marketplace.planning.forms.plans import AssistedNoteForm, ConsentForm, OutcomeForm, OutcomeWords, VisitorForm

__all__ = ["AssistedNoteForm", "ConsentForm", "OutcomeForm", "OutcomeWords", "VisitorForm"]
