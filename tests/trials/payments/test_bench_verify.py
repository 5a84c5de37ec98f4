"""The benchmark of `verify` makes books that are right, and says what it measured."""

import json

import pytest
from click.testing import CliRunner

from marketplace import bench
from marketplace.cli import cli, make_app

pytestmark = pytest.mark.trial


def test_benchmark_checks_books_that_it_made_itself() -> None:
    if "bench" not in cli.commands:
        bench.register(cli)
    arguments = ["bench", "verify", "--postings", "2000", "--no-postgresql", "--json"]
    ballast = b"1" * 400_000_000  # the size of the process that measures is not that of the one that is measured
    said = CliRunner().invoke(cli, arguments, obj=make_app, catch_exceptions=False)
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)["sqlite"]
    assert found["postings"] >= 2_000
    assert found["checks"] >= 18
    assert found["seconds"] > found["floor_seconds"] > 0
    assert 30 < found["peak_mb"] < 300 < len(ballast) / 1_000_000
