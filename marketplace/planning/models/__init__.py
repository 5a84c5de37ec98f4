"""Tables of planning: one module for each matter."""

from marketplace.planning.models.plans import PlanNote
from marketplace.planning.models.rounds import Round, RoundPart

__all__ = ["PlanNote", "Round", "RoundPart"]
