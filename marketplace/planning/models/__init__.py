"""Tables of planning: one module for each matter."""

from marketplace.planning.models.plans import PlanNote

__all__ = ["PlanNote"]
