"""An order's whole money story, from top to bottom, as far as its reader may know it."""

from payments.queries.stories.reading import Story, story_for
from payments.queries.stories.steps import Posting, Step

__all__ = ["Posting", "Step", "Story", "story_for"]
