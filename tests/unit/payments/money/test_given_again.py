"""Which refunds that a bank sent back are still to be dealt with."""

from datetime import UTC, datetime, timedelta

import pytest

from payments.domain import RefundState
from payments.given_again import Given, still_open

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)
FAILED, DONE, WAITING, REFUSED = RefundState.FAILED, RefundState.DONE, RefundState.WAITING, RefundState.REFUSED


def _given(*rows: tuple[RefundState, int, int, int | None]) -> list[Given]:
    """Refunds by state, pence, and the hours at which they were asked for and came back."""
    hours = [(state, pence, asked, back) for state, pence, asked, back in rows]
    return [
        Given(
            number,
            state,
            pence,
            BEGIN + timedelta(hours=asked),
            None if back is None else BEGIN + timedelta(hours=back),
        )
        for number, (state, pence, asked, back) in enumerate(hours, start=1)
    ]


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        ([(FAILED, 1000, 0, 5)], [1]),
        ([(FAILED, 1000, 0, 5), (DONE, 1000, 6, None)], []),
        ([(FAILED, 1000, 0, 5), (WAITING, 1000, 6, None)], []),
        ([(FAILED, 1000, 0, 5), (REFUSED, 1000, 6, None)], [1]),
        ([(FAILED, 1000, 0, 5), (DONE, 1, 6, None), (DONE, 2000, 7, None)], [1]),
        ([(FAILED, 1000, 0, 5), (DONE, 1000, 3, None)], [1]),  # asked for before the other had come back
        ([(FAILED, 1000, 0, 5), (FAILED, 1000, 1, 5), (DONE, 1000, 6, None)], [2]),
        ([(FAILED, 1000, 0, 5), (FAILED, 1000, 6, 9)], [2]),  # given again, and that came back too
        ([(FAILED, 1000, 0, 5), (FAILED, 1000, 6, 9), (DONE, 1000, 10, None)], []),
        ([(FAILED, 1000, 0, 5), (FAILED, 300, 0, 6), (DONE, 300, 7, None)], [1]),
        ([(FAILED, 1000, 0, None)], [1]),
        ([(DONE, 1000, 0, None)], []),
    ],
)
def test_a_refund_that_came_back_is_open_until_its_own_pence_were_given_again(
    rows: list[tuple[RefundState, int, int, int | None]], left: list[int]
) -> None:
    assert still_open(_given(*rows)) == left


def test_one_that_somebody_dealt_with_is_not_open() -> None:
    (back,) = _given((FAILED, 1000, 0, 5))
    assert still_open([Given(back.id, back.state, back.pence, back.asked_at, back.failed_at, dealt_with=True)]) == []
