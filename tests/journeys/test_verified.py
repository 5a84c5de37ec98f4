"""When everybody has walked, the books are right. The last of the journeys."""

import pytest

from tests.journeys.conftest import Site


def test_every_invariant_holds_after_the_journeys(site: Site) -> None:
    if site.demo is None:
        pytest.skip("a demo started by hand is not ours to check")
    done = site.demo.command("verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "I6 ok" in done.stdout
    assert "FAILED" not in done.stdout
