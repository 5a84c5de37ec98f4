"""A statement's arithmetic, and what a spreadsheet gets."""

from hypothesis import given
from hypothesis import strategies as st

from budgets.domain import EntryKind
from marketplace.planning.domain import Position, effect_on_left
from marketplace.planning.queries.statements import opening_of

ENTRIES = st.lists(st.tuples(st.sampled_from(EntryKind), st.integers(1, 10**9)), max_size=40)


@given(ENTRIES)
def test_the_opening_with_every_entry_is_the_closing(entries: list[tuple[EntryKind, int]]) -> None:
    position, left = Position(), 0
    for kind, pence in entries:
        position = position.after(kind, pence)
        left += effect_on_left(kind, pence)
    assert position.left_pence == left == position.yours_pence - position.held_pence - position.spent_pence


@given(ENTRIES)
def test_sums_say_the_same_as_the_entries_one_by_one(entries: list[tuple[EntryKind, int]]) -> None:
    position, sums = Position(), dict[EntryKind, int]()
    for kind, pence in entries:
        position = position.after(kind, pence)
        sums[kind] = sums.get(kind, 0) + pence
    assert opening_of(sums) == position


def test_spending_changes_nothing_that_is_left_and_keeping_aside_does() -> None:
    effects = {kind: effect_on_left(kind, 100) for kind in EntryKind}
    assert effects == {
        EntryKind.ALLOCATE: 100,
        EntryKind.HOLD: -100,
        EntryKind.RELEASE: 100,
        EntryKind.SPEND: 0,
        EntryKind.REFUND: 100,
        EntryKind.RECLAIM: -100,
    }
