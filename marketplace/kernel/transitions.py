"""State machines as one visible table of (state, action) → state."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from marketplace.kernel.errors import NotAllowed

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


class TransitionTable(Generic[State, Action]):
    """Which action leads where. A pair that is not in the table is refused with a sentence."""

    def __init__(self, moves: Mapping[tuple[State, Action], State]) -> None:
        self.moves = dict(moves)

    def allows(self, state: State, action: Action) -> bool:
        return (state, action) in self.moves

    def move(self, state: State, action: Action) -> State:
        """The state after `action`; raises NotAllowed when the table has no such move."""
        try:
            return self.moves[state, action]
        except KeyError:
            raise NotAllowed(
                f"This cannot be done now ({action.replace('_', ' ')} from {state.replace('_', ' ')}). "
                "Look at the page again to see where things stand."
            ) from None
