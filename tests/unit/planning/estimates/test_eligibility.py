"""The three conditions of the law, each needed, and honesty where somebody was not sure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.planning.estimates.eligibility import (
    QUESTIONS,
    UNABLE,
    Answer,
    Kind,
    Verdict,
    Who,
    judge,
    next_question,
    pack,
    unpack,
)

A = Answer


def answers(who: Who, **changes: Answer) -> dict[str, Answer]:
    """Everything is fine, but the cause and the effect are there; `changes` say what is not."""
    start = {question.key: A.YES for question in QUESTIONS[who]}
    return start | ({"health": A.NO} if who is Who.CARER else {}) | changes


def test_the_regulations_have_ten_outcomes_for_adults_and_eight_for_carers() -> None:
    counted = {who: [q.kind for q in QUESTIONS[who]].count(Kind.OUTCOME) for who in Who}
    assert counted == {Who.ADULT: 10, Who.CARER: 8}


@pytest.mark.parametrize("how", sorted(UNABLE))
def test_two_outcomes_out_of_reach_are_enough_for_an_adult_and_one_is_not(how: Answer) -> None:
    assert judge(Who.ADULT, answers(Who.ADULT, wash=how)).verdict is Verdict.UNLIKELY
    found = judge(Who.ADULT, answers(Who.ADULT, wash=how, dress=how))
    assert found.verdict is Verdict.LIKELY
    assert [question.key for question in found.unable] == ["wash", "dress"]


@pytest.mark.parametrize("missing", ["cause", "wellbeing"])
def test_without_the_cause_or_the_effect_two_outcomes_are_not_enough(missing: str) -> None:
    two = answers(Who.ADULT, wash=A.NO, dress=A.NO)
    assert judge(Who.ADULT, two | {missing: A.NO}).verdict is Verdict.UNLIKELY
    assert judge(Who.ADULT, two | {missing: A.UNSURE}).verdict is Verdict.PERHAPS


def test_not_sure_leaves_it_open_only_where_it_could_decide() -> None:
    assert judge(Who.ADULT, answers(Who.ADULT, wash=A.NO, dress=A.UNSURE)).verdict is Verdict.PERHAPS
    assert judge(Who.ADULT, answers(Who.ADULT, dress=A.UNSURE)).verdict is Verdict.UNLIKELY
    assert judge(Who.ADULT, answers(Who.ADULT, dress=A.UNSURE, wash=A.UNSURE)).verdict is Verdict.PERHAPS


def test_what_does_not_apply_is_not_out_of_reach() -> None:
    assert judge(Who.ADULT, answers(Who.ADULT, child=A.NOT_MINE, work=A.NOT_MINE)).verdict is Verdict.UNLIKELY


def test_for_a_carer_one_outcome_or_poor_health_is_enough() -> None:
    assert judge(Who.CARER, answers(Who.CARER)).verdict is Verdict.UNLIKELY
    assert judge(Who.CARER, answers(Who.CARER, leisure=A.NO)).verdict is Verdict.LIKELY
    assert judge(Who.CARER, answers(Who.CARER, health=A.YES)).verdict is Verdict.LIKELY
    assert judge(Who.CARER, answers(Who.CARER, health=A.UNSURE)).verdict is Verdict.PERHAPS


def test_to_take_much_longer_counts_for_adults_alone() -> None:
    """Regulation 2(3)(d) has no counterpart in regulation 3(3)."""
    assert all(A.SLOW in q.answers for q in QUESTIONS[Who.ADULT] if q.kind is Kind.OUTCOME)
    assert not any(A.SLOW in q.answers for q in QUESTIONS[Who.CARER])


def test_nothing_is_judged_while_a_question_is_open() -> None:
    some = answers(Who.ADULT)
    del some["safe"]
    number = next_question(Who.ADULT, some)
    assert number is not None
    assert QUESTIONS[Who.ADULT][number - 1].key == "safe"
    with pytest.raises(ValueError, match="no answer"):
        judge(Who.ADULT, some)


@given(st.sampled_from(Who), st.data())
def test_packed_answers_come_back_as_they_were(who: Who, data: st.DataObject) -> None:
    some = {
        question.key: data.draw(st.sampled_from(question.answers))
        for question in QUESTIONS[who]
        if data.draw(st.booleans())
    }
    assert unpack(pack(some, who), who) == some


@given(st.sampled_from(Who), st.text(max_size=30))
def test_packed_nonsense_gives_possible_answers_or_none(who: Who, packed: str) -> None:
    for question in QUESTIONS[who]:
        answer = unpack(packed, who).get(question.key)
        assert answer is None or answer in question.answers
