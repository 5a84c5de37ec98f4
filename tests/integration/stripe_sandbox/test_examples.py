"""The examples of `docs/stripe-sandbox.md` run as they stand there, against a sandbox of their own."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from marketplace.stripe_sandbox.cards import CARDS
from marketplace.stripe_sandbox.faults import KINDS
from marketplace.stripe_sandbox.server import RunningSandbox

GUIDE = (Path(__file__).parents[3] / "docs" / "stripe-sandbox.md").read_text()


def _example(language: str, sandbox: RunningSandbox) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.S)
    return str(found).replace("http://127.0.0.1:12111", sandbox.url)


def _objects(text: str) -> list[dict[str, Any]]:
    decoder, found, rest = json.JSONDecoder(), [], text.strip()
    while rest:
        body, end = decoder.raw_decode(rest)
        found.append(body)
        rest = rest[end:].strip()
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="not run: curl was not found")
def test_the_examples_run_one_after_the_other_as_they_stand(sandbox: RunningSandbox) -> None:
    done = subprocess.run(
        ["sh", "-ec", _example("sh", sandbox)], capture_output=True, text=True, timeout=30, check=True
    )
    intent, balance, fault, moved = _objects(done.stdout)
    assert (intent["object"], intent["status"]) == ("payment_intent", "succeeded")
    assert balance["pending"][0]["amount"] == 5_400 - 101
    assert (fault["kind"], moved["object"]) == ("drop_reply", "clock")
    done = subprocess.run(
        [sys.executable, "-c", _example("python", sandbox)], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == f"succeeded succeeded {5_400 - 101 - 1_000}\n"


def test_the_guide_names_every_fault_and_the_cards_that_misbehave() -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in GUIDE] == []
    unusual = [card for card in CARDS if card.dispute or card.refund != "succeeds" or card.available_at_once]
    assert [card.token for card in unusual if f"`{card.token}`" not in GUIDE] == []


def test_the_sandbox_stands_alone(tmp_path: Path) -> None:
    """Copied out of the project it starts, and none of its modules imports anything of ours."""
    source = Path(__file__).parents[3] / "marketplace" / "stripe_sandbox"
    shutil.copytree(source, tmp_path / "stripe_sandbox", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys; from stripe_sandbox.server import RunningSandbox\n"
        "with RunningSandbox('data') as running: print(running.url)\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('marketplace', 'payments', 'stripe')]"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, '.')\n{code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")
