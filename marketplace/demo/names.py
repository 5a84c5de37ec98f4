"""Names of invented people: real first names with surnames that nobody has."""

from collections.abc import Iterator
from importlib import resources


def invented(count: int) -> Iterator[str]:
    """`count` names, none twice as long as there are fewer than 165, always the same."""
    text = resources.files("marketplace.demo").joinpath("data/names.psv").read_text(encoding="utf-8")
    (_, *first), (_, *begin), (_, *end) = (line.split("|") for line in text.splitlines())
    for number in range(count):
        # The two halves have no common divisor in number, so every pair comes before any comes again.
        yield f"{first[number % len(first)]} {begin[number % len(begin)]}{end[number % len(end)]}"
