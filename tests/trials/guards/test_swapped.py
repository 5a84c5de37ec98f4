"""Every id in every request that anybody in any role may make is swapped for another's: see `architecture/swapping`."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.architecture.swapping import Swapping
from tests.architecture.two_worlds import CAST, build_two
from tests.figures import FIGURES

pytestmark = pytest.mark.trial


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.mark.parametrize("who", CAST)
def test_no_id_of_anothers_opens_or_changes_anything(
    app: Flask, client: FlaskClient, record_property: Callable[[str, object], None], who: str
) -> None:
    two = build_two()
    with Swapping(app, client, two) as swapping:
        swapping.walk(who)
    tally = swapping.tally
    record_property(FIGURES, f"{who}: {tally}")
    assert not tally.wrong and not tally.unlisted, "\n".join((*tally.wrong, *sorted(tally.unlisted)))
