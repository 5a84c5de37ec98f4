"""Where the tests find published files: rows of them beside the tests, whole ones where somebody has put them."""

from pathlib import Path

import pytest

EXCERPTS = Path(__file__).parents[3] / "data" / "imports"

_WHOLE_FILES = Path(__file__).parents[4].parent / "shared" / "data"


def whole_file(name: str) -> Path:
    """A whole published file in ../shared/data beside the project; the test is skipped where there is none."""
    path = _WHOLE_FILES / name
    if not path.exists():
        pytest.skip(f"the whole file {name} is not in {_WHOLE_FILES}")
    return path
