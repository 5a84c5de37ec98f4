"""The chart of accounts."""

import pytest

from payments.ledger.accounts import owner_of


def test_a_code_outside_the_chart_is_no_account() -> None:
    assert owner_of("provider:12:payable") == (12, None)
    assert owner_of("council:3:owed") == (None, 3)
    assert owner_of("isf:9:owed") == (9, None)
    assert owner_of("stripe:clearing") == (None, None)
    for code in ("provider:12", "provider:x:payable", "petty:cash", "person:7:card "):
        with pytest.raises(ValueError, match="chart"):
            owner_of(code)
