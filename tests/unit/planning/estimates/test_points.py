"""A council's points and pounds: read row by row, and worked out step by step."""

import pytest

from marketplace.planning.estimates.points import (
    Step,
    example_sheets,
    example_table,
    indicate,
    read_table,
)

QUESTIONS = """About,Question,Answer,Points
Food,Meals?,Alone,0
Food,Meals?,With help,10
Night,Nights?,Quiet,0
Night,Nights?,Bad,7
"""
POUNDS = "Points,Pounds a week\n0,0.00\n7,40.00\n17,£120.50\n"


ONE_ANSWER = "Give two answers or more to “Meals?”"
FOUR_THINGS = "Row 2: Give four things: what it is about, the question, an answer and its points"
NOT_POINTS = "Row 2: “{}” is no whole number of points up to 1,000"


def table(questions: str = QUESTIONS, pounds: str = POUNDS):  # type: ignore[no-untyped-def]
    found, *errors = read_table(questions, pounds)
    assert errors == [[], []]
    return found


def test_points_are_added_up_and_the_last_step_reached_says_the_amount() -> None:
    both = indicate(table(), [1, 1])
    assert (both.points, both.weekly_pence, both.yearly_pence, both.next_step) == (17, 120_50, 6_266_00, None)
    assert [(question.about, choice.points) for question, choice in both.lines] == [("Food", 10), ("Night", 7)]


@pytest.mark.parametrize(("pounds", "weekly"), [("0,0\n9,50", 50_00), ("0,0\n10,50", 50_00), ("0,0\n11,50", 0)])
def test_a_step_counts_from_its_own_points_on(pounds: str, weekly: int) -> None:
    found = indicate(table(pounds=pounds), [1, 0])
    assert (found.points, found.weekly_pence) == (10, weekly)


def test_help_that_takes_points_off_never_goes_below_nothing() -> None:
    less = QUESTIONS + "Help,Who helps?,Nobody,0\nHelp,Who helps?,Family,−30\n"
    found = indicate(table(less), [1, 1, 1])
    assert (found.points, found.weekly_pence, found.next_step) == (0, 0, Step(7, 40_00))


def test_a_sheet_pasted_with_tabs_and_a_mark_at_its_beginning_is_the_same() -> None:
    assert table("\ufeff" + QUESTIONS.replace(",", "\t"), POUNDS.replace(",", "\t")) == table()


@pytest.mark.parametrize("chosen", [[0], [0, 2], [0, -1]])
def test_a_choice_that_is_not_there_is_refused(chosen: list[int]) -> None:
    with pytest.raises(ValueError, match="answer"):
        indicate(table(), chosen)


@pytest.mark.parametrize(
    ("questions", "pounds", "said"),
    [
        ("", POUNDS, ["Paste the questions with their answers and points"]),
        ("Food,Meals?,Alone,0\nFood,Meals?,Help", POUNDS, [FOUR_THINGS, ONE_ANSWER]),
        ("Food,Meals?,Alone,0\nFood,Meals?,Help,ten", POUNDS, [NOT_POINTS.format("ten"), ONE_ANSWER]),
        ("Food,Meals?,Alone,0\nFood,Meals?,Help,1.5", POUNDS, [NOT_POINTS.format("1.5"), ONE_ANSWER]),
        ("Food,Meals?,Alone,0\nFood,Meals?,Help,1001\nFood,Meals?,More,4", POUNDS, [NOT_POINTS.format("1001")]),
        (
            "Food,Meals?,Alone,0\nFood,Meals?,Alone,3\nFood,Meals?,More,4",
            POUNDS,
            ["Row 2: “Alone” stands twice under the same question"],
        ),
        (QUESTIONS, "", ["Paste the points with the pounds a week that each gives"]),
        (QUESTIONS, "0,0\n7,forty", ["Row 2: “forty” is no amount in pounds, like 125.00"]),
        (QUESTIONS, "0,0\n7,40\n7,50", ["Row 3: Put more points in each row than in the row above it"]),
        (QUESTIONS, "0,0\n7,40\n9,39.99", ["Row 3: More points cannot give less money than the row above"]),
        (QUESTIONS, "5,10\n7,40", ["Begin with a row for 0 points, so that every sum of points gives an amount"]),
        (QUESTIONS, "0,0\n-3,40", ["Row 2: “-3” is no whole number of points from 0 to 1,000"]),
        (QUESTIONS, "0,0\n3,40.005", ["Row 2: “40.005” is no amount in pounds, like 125.00"]),
        (QUESTIONS, "0,0\n3", ["Row 2: Give two things: from how many points on, and how many pounds a week"]),
    ],
)
def test_what_is_wrong_is_said_with_its_row(questions: str, pounds: str, said: list[str]) -> None:
    found, of_questions, of_pounds = read_table(questions, pounds)
    assert found is None
    assert [str(error) for error in (*of_questions, *of_pounds)] == said


def test_the_example_can_be_used_and_read_again() -> None:
    example = example_table()
    assert read_table(*example_sheets())[0] == example
    most = indicate(example, [max(range(len(q.choices)), key=lambda i: q.choices[i].points) for q in example.questions])
    assert most.points == example.most_points
    assert indicate(example, [0] * len(example.questions)).weekly_pence == 0
