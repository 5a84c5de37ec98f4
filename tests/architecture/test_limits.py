"""What a limit counts: what was done, or tries that failed where somebody may be guessing; never a slip of the hand."""

import ast

from tests.architecture.files import PACKAGES, ROOT


def without_a_count(source: str) -> list[int]:
    """Lines of limits that do not say what counts, so that every form counts that is sent."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "limiter.limit"
        and "deduct_when" not in {keyword.arg for keyword in node.keywords}
    ]


def test_every_limit_says_what_counts() -> None:
    sources = [
        text
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "limiter.limit(" in (text := path.read_text(encoding="utf-8"))
    ]
    assert len(sources) >= 4
    assert [without_a_count(source) for source in sources] == [[]] * len(sources)


def test_a_limit_that_counts_every_form_is_found() -> None:
    assert without_a_count("@limiter.limit('5 per hour')\ndef view(): ...") == [1]
    assert without_a_count("@limiter.limit('5 per hour', deduct_when=was_taken)\ndef view(): ...") == []
