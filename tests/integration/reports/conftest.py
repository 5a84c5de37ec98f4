"""The day on which reports are read here."""

from collections.abc import Iterator

import pytest
from flask import Flask

from marketplace.kernel import clock
from tests.integration.reports.purchases import NOW


@pytest.fixture(autouse=True)
def november(app: Flask) -> Iterator[None]:
    with clock.fixed_clock(NOW):
        yield
