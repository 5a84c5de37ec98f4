"""The benchmark of the search runs from the command line and says what it measured."""

import json
import os

from click.testing import CliRunner

from marketplace import bench
from marketplace.cli import cli, make_app


def test_benchmark_prints_figures_a_floor_and_a_ratio_and_leaves_the_environment_alone() -> None:
    if "bench" not in cli.commands:
        bench.register(cli)
    before = dict(os.environ)
    result = CliRunner().invoke(
        cli, ["bench", "search", "--listings", "60", "--queries", "8", "--json"], obj=make_app, catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["sizes"] == {"listings": 60, "queries": 8}
    assert said["ratio"] > 0 and said["floor"]["per_second"] > 0
    assert set(said["figures"]) == {"naive_kept", "naive_anew", "ours_ids", "ours_whole"}
    assert dict(os.environ) == before
