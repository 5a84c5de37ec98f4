"""What the documents name is there: files, folders, commands; and each decision has a number of its own."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.files import ROOT
from tests.architecture.test_commands import COMMANDS

DECISIONS = ROOT / "docs" / "decisions"
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "marketplace" / "ui" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)*\.(?:py|md|html|scss|js|mjs|toml|sh))`|\]\((?!\w+:)([^)#]+)\)")
_COMMAND = re.compile(r"`(?:\.venv/bin/)?(marketplace(?: [a-z][a-z-]*)+)")
_MAKE = re.compile(r"`make ([a-z-]+)")
_TREE = re.compile(r"^```\n(marketplace/ .*?)^```", re.S | re.M)
_GONE = ("node_modules", "__pycache__", ".venv", ".git")


@cache
def _paths() -> tuple[str, ...]:
    """Every file and folder of the project, each after a slash."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
    return tuple(f"/{path}" for path in found if not any(part in _GONE for part in path.parts))


def missing(document: Path) -> list[str]:
    """Files that a document names and that are nowhere, or that its links do not lead to."""
    found = []
    for named, linked in _NAMED.findall(document.read_text(encoding="utf-8")):
        if linked and not (document.parent / linked).exists():
            found.append(linked)
        if named and not any(path.endswith(f"/{named}") for path in _paths()):
            found.append(named)
    return found


def unknown_commands(text: str) -> list[str]:
    """Commands that a text names and that are not there; words after a whole command are its arguments."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    found = [f"make {name}" for name in _MAKE.findall(text) if name not in targets]
    for words in _COMMAND.findall(text):
        first = " ".join(words.split()[:2])
        if first not in COMMANDS:
            found.append(words)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    assert missing(document) == []
    assert unknown_commands(document.read_text(encoding="utf-8")) == []


def test_what_is_not_there_is_found(tmp_path: Path) -> None:
    document = tmp_path / "some.md"
    text = "See `budgets/never.py`, [that](gone.md), `make nothing` and `marketplace vanish --now`; `make test`."
    document.write_text(text)
    assert missing(document) == ["budgets/never.py", "gone.md"]
    assert unknown_commands(text) == ["make nothing", "marketplace vanish"]


def test_each_decision_has_a_number_of_its_own() -> None:
    counts = Counter(path.name[:4] for path in DECISIONS.iterdir())
    assert all(number.isdigit() for number in counts)
    assert [number for number, count in counts.items() if count > 1] == []


def test_the_tree_of_the_readme_names_every_package() -> None:
    (tree,) = _TREE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    named = set(re.findall(r"(?<![\w/])([a-z_]+)/", tree))
    packages = {path.parent for path in (*ROOT.glob("*/__init__.py"), *ROOT.glob("marketplace/*/__init__.py"))}
    assert {path.name for path in packages} - named == set()
