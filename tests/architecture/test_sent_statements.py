"""What is sent again and again is built once: its text is kept, so it may not be made for one sending."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("marketplace", "catalogue", "budgets", "payments", "ratings")
SENDERS = ("send", "look_up", "write")


def built_when_sent(source: str) -> list[int]:
    """Lines where `send`, `look_up` or `write` is given a statement that is put together there."""
    return [
        call.lineno
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SENDERS
        if call.args and isinstance(call.args[0], ast.Call) and (call.args[0].args or call.args[0].keywords)
    ]


def test_no_statement_is_built_where_it_is_sent() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "from marketplace.database import" in (source := path.read_text())
        for line in built_when_sent(source)
    }
    assert found == set()


@pytest.mark.parametrize("code", ["send(select(a).where(b))", "write(insert(t), {})", "look_up(found.order_by(c))"])
def test_one_that_is_built_there_is_seen(code: str) -> None:
    assert built_when_sent(code) == [1]
    assert built_when_sent(f"_S = select(a)\nsend(_S, {{}})\nsend(_WRITE(), {{}})\n# {code}") == []
