"""The self-assessment tools, for anybody, and the council's pages for them."""

from marketplace.planning.routes.tools import budget, costs, council, eligibility, needs, planner, start

__all__ = ["budget", "costs", "council", "eligibility", "needs", "planner", "start"]
