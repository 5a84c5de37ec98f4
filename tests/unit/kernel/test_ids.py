"""What a form or an address says where an id is meant: a number that a row can have, or nothing."""

import pytest

from marketplace.kernel.ids import find_id


@pytest.mark.parametrize(("text", "found"), [("7", 7), ("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_figures_are_an_id_that_fits_a_row(text: str, found: int) -> None:
    assert find_id(text) == found < 2**63


@pytest.mark.parametrize("text", [None, "", " 7", "-7", "+7", "7.0", "1e3", "x", "٣", "²", "9" * 19, "9" * 5000])
def test_anything_else_is_none_and_raises_nothing(text: str | None) -> None:
    assert find_id(text) is None
