"""What is meant by the words that somebody types."""

import pytest

from catalogue.search.asking import understand
from catalogue.search.text import stem, words_of


def required(question: str) -> list[str]:
    return [" ".join(clause.words) for clause in understand(question).clauses if clause.required]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("I am looking for somebody to help my mum with a bath", ["bath"]),
        ("help", ["help"]),
        ("2 hours a week personal assistant", ["personal", "assistant"]),
        ("meals on wheels", ["meals wheels"]),
        ("home care", ["home care"]),
        ("care at home", ["home care"]),
        ("care for mum in her own home", ["home care"]),
        ("help at home", ["home help"]),
        ("care home", ["care home"]),
        ("help my dad to get up", ["get up"]),
        ("things to do", ["things do"]),
        ("somebody to cut my toenails", ["cut toenails"]),
        ("someone to talk to", ["someone talk"]),
        ("something free near me", []),
        ("what is near me", ["near", "what", "me"]),
        ("", []),
        ("of the and", []),
    ],
)
def test_words_of_asking_are_dropped_and_common_words_exclude_nothing(question: str, words: list[str]) -> None:
    assert sorted(required(question)) == sorted(words)


@pytest.mark.parametrize(
    ("question", "place", "rest"),
    [
        ("gardening in Darlington", "Darlington", "gardening"),
        ("gardening darlington", "Darlington", "gardening"),
        ("lunch club DL3 7TX", "DL3 7TX", "lunch club"),
        ("care near dl1", "DL1", "care"),
        ("dementia in County Durham today", "County Durham", "dementia today"),
        ("reading group", None, "reading group"),
        ("help with reading", None, "help with reading"),
        ("a group in Reading", "Reading", "a group"),
        ("ward M1X", None, "ward M1X"),
    ],
)
def test_place_is_understood_from_the_words(question: str, place: str | None, rest: str) -> None:
    asked = understand(question)
    assert (asked.value_of("place"), asked.text) == (place, rest)


def test_place_in_the_words_does_not_count_when_one_was_given() -> None:
    assert understand("gardening in Darlington", place_is_given=True).value_of("place") is None


@pytest.mark.parametrize(
    ("question", "kind", "value"),
    [
        ("free lunch", "free", "free"),
        ("gluten free meals", "free", None),
        ("free range eggs", "free", None),
        ("cleaner under £18", "price", "18"),
        ("cleaner up to 17.50 an hour", "price", "17.50"),
        ("up to 10 miles", "price", None),
        ("up to 10 miles", "within", "10"),
        ("care within 5 miles of DL3", "within", "5"),
    ],
)
def test_price_and_distance_are_understood_from_the_words(question: str, kind: str, value: str | None) -> None:
    assert understand(question).value_of(kind) == value


def test_words_are_folded_and_stemmed_alike_everywhere() -> None:
    assert words_of("Mum’s CAFÉ, Peter's") == ["mum", "cafe", "peter"]
    assert {stem(word) for word in ("garden", "gardening", "gardener", "gardens")} == {"garden"}


def test_a_clause_knows_words_of_the_same_meaning() -> None:
    (clause,) = understand("befriending").clauses
    assert ("compani",) in {alternative.terms for alternative in clause.alternatives}
    assert clause.alternatives[0].weight > clause.alternatives[1].weight


def test_meaning_of_a_phrase_can_outweigh_its_words() -> None:
    """“Care home” and “home care” hold the same words: what they mean tells them apart."""
    (home,), (care,) = understand("care home").clauses, understand("home care").clauses
    assert home.alternatives[0].weight < 0.5 and care.alternatives[0].weight < 0.5
    assert ("nurs", "home") in {alternative.terms for alternative in home.alternatives}
    assert ("nurs", "home") not in {alternative.terms for alternative in care.alternatives}
