"""Of which orders a payout consists: every penny is in one payout or still there."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from payments.payout_parts import Move, Part, Payout, payouts_of

START = datetime(2026, 4, 1, tzinfo=UTC)


def _moves(*rows: tuple[str, int | None, int]) -> list[Move]:
    return [Move(n, START + timedelta(hours=n), kind, order, pence) for n, (kind, order, pence) in enumerate(rows)]


def _sale(order: int) -> list[tuple[str, int | None, int]]:
    return [("sold", order, 5400), ("levy", order, -135)]


def _amounts(payout: Payout) -> list[tuple[int | None, int]]:
    return [(part.order_id, part.net_pence) for part in payout.parts]


def test_a_payout_takes_the_oldest_orders_whole() -> None:
    (payout,), left = payouts_of(_moves(*_sale(1), *_sale(2), ("payout", None, -5265)))
    assert _amounts(payout) == [(1, 5265)]
    assert [(part.order_id, part.price_pence, part.levy_pence) for part in left] == [(2, 5400, -135)]


def test_what_was_given_back_after_its_payout_comes_off_the_next_one() -> None:
    rows = [*_sale(1), ("payout", None, -5265), *_sale(2), ("given_back", 1, -1800), ("levy_back", 1, 45)]
    payouts, left = payouts_of(_moves(*rows, ("payout", None, -3510)))
    assert [_amounts(payout) for payout in payouts] == [[(1, 5265)], [(2, 5265), (1, -1755)]]
    assert left == []
    assert payouts[1].parts[1] == Part(1, START + timedelta(hours=5), 0, -1800, 45)


def test_an_order_may_be_in_two_payouts_with_a_part_each() -> None:
    payouts, left = payouts_of(_moves(*_sale(1), ("payout", None, -265), ("payout", None, -5000)))
    assert [_amounts(payout) for payout in payouts] == [[(1, 265)], [(1, 5000)]]
    assert left == []


def test_a_payout_that_came_back_is_on_its_way_again() -> None:
    rows = [*_sale(1), ("payout", None, -5265), ("payout", None, 5265)]
    (sent_back,), left = payouts_of(_moves(*rows))
    assert sent_back.sent_back_at == START + timedelta(hours=3)
    assert [(part.order_id, part.net_pence) for part in left] == [(1, 5265)]
    (first, again), left = payouts_of(_moves(*rows, ("payout", None, -5265)))
    assert (first.sent_back_at is not None, again.sent_back_at, _amounts(again)) == (True, None, [(1, 5265)])


def test_what_no_order_explains_is_shown_as_such() -> None:
    (payout,), left = payouts_of(_moves(*_sale(1), ("payout", None, -6000)))
    assert _amounts(payout) == [(1, 5265), (None, 735)] and left == []


_STEPS = st.lists(
    st.tuples(st.sampled_from(["sale", "refund", "payout", "back"]), st.integers(1, 5), st.integers(1, 9_000)),
    max_size=40,
)


@given(_STEPS)
def test_every_penny_is_in_one_payout_or_still_there(steps: list[tuple[str, int, int]]) -> None:
    rows: list[tuple[str, int | None, int]] = []
    out: list[int] = []
    for what, order, pence in steps:
        if what == "sale":
            rows += [("sold", order, pence), ("levy", order, -(pence // 40))]
        elif what == "refund":
            rows.append(("given_back", order, -pence))
        elif what == "payout" and sum(row[2] for row in rows) > 0:
            out.append(sum(row[2] for row in rows) * min(order, 4) // 4)
            rows.append(("payout", None, -out[-1]))
        elif what == "back" and out:
            rows.append(("payout", None, out.pop()))
    moves = [row for row in _moves(*rows) if row.pence]
    payouts, left = payouts_of(moves)
    for payout in payouts:
        assert sum(part.net_pence for part in payout.parts) == payout.pence
    assert sum(part.net_pence for part in left) == sum(move.pence for move in moves)
    by_order = {order: sum(m.pence for m in moves if m.order_id == order) for order in range(1, 6)}
    stood = [part for payout in payouts if payout.sent_back_at is None for part in payout.parts] + left
    for order, pence in by_order.items():
        assert sum(part.net_pence for part in stood if part.order_id == order) == pence
