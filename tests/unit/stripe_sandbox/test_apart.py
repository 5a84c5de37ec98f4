"""The sandbox stands apart: it imports nothing of ours, and no library beyond Flask's own."""

import ast
import sys
from pathlib import Path

import pytest

import marketplace.stripe_sandbox

FOLDER = Path(marketplace.stripe_sandbox.__file__).parent
ALLOWED = {"flask", "werkzeug"} | set(sys.stdlib_module_names)
OURS = sorted(FOLDER.rglob("*.py"))


def imported(text: str, depth: int) -> set[str]:
    """The top names of what a module imports; relative imports count when they leave the sandbox."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module).split(".")[0])
        elif isinstance(node, ast.ImportFrom) and node.level > depth:
            names.add("something outside the sandbox")
    return names


def test_sandbox_imports_nothing_of_ours() -> None:
    assert len(OURS) > 30
    for path in OURS:
        assert imported(path.read_text(), len(path.relative_to(FOLDER).parts)) <= ALLOWED, path


@pytest.mark.parametrize("line", ["import payments", "from payments import levy", "from ...kernel import money"])
def test_the_check_sees_an_import_of_ours(line: str) -> None:
    text = (FOLDER / "resources" / "refunds.py").read_text()
    assert not imported(f"{line}\n{text}", 2) <= ALLOWED


def test_files_stay_short() -> None:
    for path in OURS:
        assert len(path.read_text().splitlines()) <= 400, path
