"""Tables of planning: one module for each matter."""

from marketplace.planning.models.evidence import EvidenceRequest, OrderEvidence
from marketplace.planning.models.monitoring import MonitoringAnswer, MonitoringLook, MonitoringRule
from marketplace.planning.models.people import NoteAudience, PersonNote, PersonNoteRead
from marketplace.planning.models.plans import PlanNote
from marketplace.planning.models.rounds import Round, RoundPart

__all__ = [
    "EvidenceRequest",
    "MonitoringAnswer",
    "MonitoringLook",
    "MonitoringRule",
    "NoteAudience",
    "OrderEvidence",
    "PersonNote",
    "PersonNoteRead",
    "PlanNote",
    "Round",
    "RoundPart",
]
