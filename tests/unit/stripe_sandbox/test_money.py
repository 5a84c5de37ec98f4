"""Fees and shares in whole pence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.stripe_sandbox.context import Context
from marketplace.stripe_sandbox.money import balances, fee_detail, post, pounds, processing_fee
from marketplace.stripe_sandbox.resources.refunds import _part
from marketplace.stripe_sandbox.settings import DAY, PLATFORM_ACCOUNT, Settings
from marketplace.stripe_sandbox.store import Store


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    store = Store(tmp_path)
    with store.transaction() as tx:
        yield Context(tx=tx, settings=Settings(), base_url="")
    store.close()


@pytest.mark.parametrize(
    ("amount", "fee"), [(30, 20), (33, 20), (34, 21), (100, 22), (5_400, 101), (99_999_999, 1_500_020)]
)
def test_processing_fee_is_a_rate_and_a_fixed_part_rounded_half_up(ctx: Context, amount: int, fee: int) -> None:
    assert processing_fee(ctx, amount, "gbp")["amount"] == fee


@pytest.mark.parametrize(("pence", "words"), [(0, "£0.00"), (5, "£0.05"), (123_456, "£1,234.56")])
def test_pounds_are_written_in_full(pence: int, words: str) -> None:
    assert pounds(pence) == words


def test_parts_are_rounded_half_up() -> None:
    charge = {"amount_captured": 200}
    assert [_part(amount, charge, 5) for amount in (0, 19, 20, 100, 200)] == [0, 0, 1, 3, 5]


def test_balance_is_pending_until_its_day(ctx: Context) -> None:
    fee = fee_detail("stripe_fee", 35, "gbp", "fee")
    common = {"account": PLATFORM_ACCOUNT, "currency": "gbp", "source": "ch_1"}
    post(ctx, type="charge", amount=1_000, fees=(fee,), available_on=ctx.now + DAY, **common)  # type: ignore[arg-type]
    post(ctx, type="refund", amount=-200, **common)  # type: ignore[arg-type]
    assert balances(ctx, PLATFORM_ACCOUNT) == {"gbp": (-200, 965)}
    ctx.tx.set_state("clock_offset", str(DAY + 1))
    assert balances(ctx, PLATFORM_ACCOUNT) == {"gbp": (765, 0)}
    assert balances(ctx, "acct_other") == {"gbp": (0, 0)}
