"""A site of processes for each trial of kills."""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.trials.kills.harness import Site, Zygote


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    found = Zygote(tmp_path_factory.mktemp("zygote"))
    yield found
    found.stop()


@pytest.fixture
def site(app: Flask, zygote: Zygote, tmp_path: Path) -> Iterator[Site]:
    settings = app.extensions["settings"]
    made = Site(zygote, tmp_path, settings.database_url, settings.marketplace_data, settings.secret_key)
    app.extensions["settings"] = replace(settings, **made.stripe)
    spent, own = made.spent(), time.process_time()
    with made.running():
        yield made
    app.extensions["settings"] = settings
    print(f"CPU: {made.spent() - spent:.1f} s in what was started, {time.process_time() - own:.1f} s here")


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**9)))
    print(f"SEED={seed}")
    return random.Random(seed)
