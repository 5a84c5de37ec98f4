"""Figures that a test found, said at the end of the run: also when it ran in a worker, whose words nobody hears."""

from collections.abc import Iterable

import pytest

FIGURES = "figures"
"""`record_property(FIGURES, "so many were tried")` in a test."""


def said_by(reports: Iterable[pytest.TestReport]) -> list[str]:
    """What the tests said, in the order in which they ended."""
    return [
        str(words)
        for report in reports
        if report.when == "call"
        for name, words in report.user_properties
        if name == FIGURES
    ]
