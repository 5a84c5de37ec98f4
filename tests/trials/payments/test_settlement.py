"""Many more random runs: files, control totals and the ledger's entry agree for any orders, refunds and returns."""

import pytest
from flask import Flask

from tests.integration.payments.money import test_settlement_bank as ordinary

pytestmark = pytest.mark.trial


@pytest.mark.parametrize("seed", range(100, 140))
def test_for_many_more_orders_and_refunds_everything_agrees(app: Flask, seed: int) -> None:
    ordinary.test_for_any_orders_and_refunds_the_files_the_control_totals_and_the_ledger_agree(app, seed)
