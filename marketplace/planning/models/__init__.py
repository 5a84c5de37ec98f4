"""Tables of planning: one module for each matter."""

from marketplace.planning.models.evidence import EvidenceRequest, OrderEvidence
from marketplace.planning.models.help_requests import HelpAnswer, HelpRequest
from marketplace.planning.models.monitoring import MonitoringAnswer, MonitoringLook, MonitoringRule
from marketplace.planning.models.people import NoteAudience, PersonNote, PersonNoteRead
from marketplace.planning.models.plans import PlanNote
from marketplace.planning.models.rounds import Round, RoundPart
from marketplace.planning.models.sampling import Sample, SampleAnswer, SampleItem
from marketplace.planning.models.self_checks import CouncilFigure, NeedsForm, PointsSheets
from marketplace.planning.models.together import PlannedTogether

__all__ = [
    "CouncilFigure",
    "EvidenceRequest",
    "HelpAnswer",
    "HelpRequest",
    "MonitoringAnswer",
    "MonitoringLook",
    "MonitoringRule",
    "NeedsForm",
    "NoteAudience",
    "OrderEvidence",
    "PersonNote",
    "PersonNoteRead",
    "PlanNote",
    "PlannedTogether",
    "PointsSheets",
    "Round",
    "RoundPart",
    "Sample",
    "SampleAnswer",
    "SampleItem",
]
