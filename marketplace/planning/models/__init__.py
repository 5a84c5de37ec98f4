"""Tables of planning: one module for each matter."""

from marketplace.planning.models.people import NoteAudience, PersonNote, PersonNoteRead
from marketplace.planning.models.plans import PlanNote
from marketplace.planning.models.rounds import Round, RoundPart

__all__ = ["NoteAudience", "PersonNote", "PersonNoteRead", "PlanNote", "Round", "RoundPart"]
