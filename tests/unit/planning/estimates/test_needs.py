"""The file of the needs pro-forma: what was written comes back, however an editor saved it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.planning.estimates.needs import (
    LONGEST,
    LONGEST_NAME,
    MOST_BYTES,
    PARTS,
    Needs,
    NotOurs,
    read_file,
    write_file,
)

_lines = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs")), max_size=40)
_words = st.lists(_lines | st.sampled_from(["=== Health ===", "\\=== x", "==="]), max_size=5).map("\n".join)
_kept = _words.map(lambda text: text.strip("\n").rstrip()).filter(lambda text: text and len(text) <= LONGEST)
_needs = st.builds(
    Needs,
    name=_lines.map(lambda text: " ".join(text.split())).filter(lambda text: len(text) <= LONGEST_NAME),
    words=st.dictionaries(st.sampled_from([part.key for part in PARTS]), _kept, max_size=4),
)
NEEDS = Needs("Ida", {"food": "I forget to eat.\nMy son brings soup.", "nights": "I wake – often"})


@given(_needs)
def test_what_was_written_comes_back(needs: Needs) -> None:
    assert read_file(write_file(needs).encode()) == needs


@pytest.mark.parametrize("spelling", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_saved_by_another_editor_is_read(spelling: str) -> None:
    text = write_file(NEEDS).replace("\n", "\r\n")
    assert read_file(text.encode(spelling)) == NEEDS


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot find your words"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "cannot find your words"),
        (b"=== Shopping list ===\nmilk", "cannot find your words"),
        (b"=== Health ===\n" + b"x" * MOST_BYTES, "too large"),
    ],
)
def test_any_other_file_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(NotOurs, match=said):
        read_file(content)


def test_words_that_grew_too_long_outside_are_cut_to_what_a_page_takes() -> None:
    found = read_file(write_file(Needs("Ida", {"food": "x" * (LONGEST + 10)})).encode())
    assert len(found.words["food"]) == LONGEST
