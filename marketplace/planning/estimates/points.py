"""A council's table of points and pounds: read from a spreadsheet, checked, and worked out for somebody. Pure.

Two sheets. Questions: what it is about, the question, one answer a row, its points. Pounds: from so many points on, so
many pounds a week. Somebody's points are added up; the last row of the second sheet that they reach says the amount.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from marketplace.kernel.money import parse_pounds

_DATA = Path(__file__).parent / "data"
MOST_ROWS = 300
MOST_QUESTIONS = 40
LONGEST_WORDS = 200
MOST_POINTS = 1_000
MOST_WEEKLY_PENCE = 1_000_000
WEEKS_A_YEAR = 52


@dataclass(frozen=True)
class Choice:
    words: str
    points: int


@dataclass(frozen=True)
class PointsQuestion:
    """What it is about in a word or two, the question, and its answers in order."""

    about: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Step:
    """From so many points on, so much a week."""

    from_points: int
    weekly_pence: int


@dataclass(frozen=True)
class PointsTable:
    questions: tuple[PointsQuestion, ...]
    steps: tuple[Step, ...]

    @property
    def most_points(self) -> int:
        """The most that anybody can have."""
        return sum(max(choice.points for choice in question.choices) for question in self.questions)


@dataclass(frozen=True)
class RowError:
    """What is wrong with a row of a sheet. `row` counts from 1, the headings too; 0 is about the whole sheet."""

    row: int
    words: str

    def __str__(self) -> str:
        return f"Row {self.row}: {self.words}" if self.row else self.words


@dataclass(frozen=True)
class Indication:
    """How an amount arises: each answer with its points, their sum (never below 0), and the step that it reaches."""

    lines: tuple[tuple[PointsQuestion, Choice], ...]
    points: int
    step: Step
    next_step: Step | None

    @property
    def weekly_pence(self) -> int:
        return self.step.weekly_pence

    @property
    def yearly_pence(self) -> int:
        return self.step.weekly_pence * WEEKS_A_YEAR


def indicate(table: PointsTable, chosen: Sequence[int]) -> Indication:
    """The amount for one chosen answer (its index) a question. Raises ValueError for a choice that is not there."""
    if len(chosen) != len(table.questions):
        raise ValueError("one answer for each question")
    lines = []
    for question, index in zip(table.questions, chosen, strict=True):
        if not 0 <= index < len(question.choices):
            raise ValueError("no such answer")
        lines.append((question, question.choices[index]))
    points = max(0, sum(choice.points for _, choice in lines))
    reached = [step for step in table.steps if step.from_points <= points]
    beyond = [step for step in table.steps if step.from_points > points]
    return Indication(tuple(lines), points, reached[-1], beyond[0] if beyond else None)


def read_table(questions: str, pounds: str) -> tuple[PointsTable | None, list[RowError], list[RowError]]:
    """A table from the text of its two sheets, as pasted from a spreadsheet or a CSV file.

    Answers the table, or None with what is wrong in the first and in the second sheet.
    """
    found, question_errors = _read_questions(_rows(questions))
    steps, pound_errors = _read_steps(_rows(pounds))
    if question_errors or pound_errors:
        return None, question_errors, pound_errors
    return PointsTable(found, steps), [], []


def _rows(text: str) -> list[list[str]]:
    """Cells by row, whether tabs or commas part them; empty rows stay, so that the numbers are the spreadsheet's."""
    lines = text.lstrip("\ufeff").splitlines()
    parted_by = "\t" if any("\t" in line for line in lines[:5]) else ","
    return [[" ".join(cell.split()) for cell in row] for row in csv.reader(lines, delimiter=parted_by)]


def _read_questions(rows: list[list[str]]) -> tuple[tuple[PointsQuestion, ...], list[RowError]]:
    errors: list[RowError] = []
    found: dict[str, tuple[str, list[Choice]]] = {}
    for number, row in enumerate(rows, start=1):
        cells = row[:4]
        if not any(row) or (number == 1 and len(cells) == 4 and not _is_whole(cells[3])):
            continue  # empty, or the headings
        if len([cell for cell in row if cell]) != 4 or len(cells) != 4:
            errors.append(
                RowError(number, "Give four things: what it is about, the question, an answer and its points")
            )
            continue
        about, text, answer, points = cells
        if max(map(len, cells)) > LONGEST_WORDS:
            errors.append(RowError(number, f"Use {LONGEST_WORDS} characters or fewer in each cell"))
        elif not _is_whole(points) or abs(int(points.replace("−", "-"))) > MOST_POINTS:
            errors.append(RowError(number, f"“{points}” is no whole number of points up to {MOST_POINTS:,}"))
        elif answer in {choice.words for choice in found.get(text, ("", []))[1]}:
            errors.append(RowError(number, f"“{answer}” stands twice under the same question"))
        else:
            found.setdefault(text, (about, []))[1].append(Choice(answer, int(points.replace("−", "-"))))
    for text, (_, choices) in found.items():
        if len(choices) < 2:
            errors.append(RowError(0, f"Give two answers or more to “{text}”"))
    if not found and not errors:
        errors.append(RowError(0, "Paste the questions with their answers and points"))
    if len(rows) > MOST_ROWS or len(found) > MOST_QUESTIONS:
        errors.append(RowError(0, f"Use {MOST_ROWS} rows and {MOST_QUESTIONS} questions at most"))
    return tuple(PointsQuestion(about, text, tuple(choices)) for text, (about, choices) in found.items()), errors


def _read_steps(rows: list[list[str]]) -> tuple[tuple[Step, ...], list[RowError]]:
    errors: list[RowError] = []
    steps: list[Step] = []
    for number, row in enumerate(rows, start=1):
        cells = [cell for cell in row if cell]
        if not cells or (number == 1 and len(cells) == 2 and not _is_whole(cells[0])):
            continue
        step = _step(cells)
        if isinstance(step, str):
            errors.append(RowError(number, step))
        elif steps and step.from_points <= steps[-1].from_points:
            errors.append(RowError(number, "Put more points in each row than in the row above it"))
        elif steps and step.weekly_pence < steps[-1].weekly_pence:
            errors.append(RowError(number, "More points cannot give less money than the row above"))
        else:
            steps.append(step)
    if not steps and not errors:
        errors.append(RowError(0, "Paste the points with the pounds a week that each gives"))
    elif steps and steps[0].from_points != 0 and not errors:
        errors.append(RowError(0, "Begin with a row for 0 points, so that every sum of points gives an amount"))
    if len(rows) > MOST_ROWS:
        errors.append(RowError(0, f"Use {MOST_ROWS} rows at most"))
    return tuple(steps), errors


def _step(cells: list[str]) -> Step | str:
    """The step of a row, or what is wrong with it."""
    if len(cells) != 2:
        return "Give two things: from how many points on, and how many pounds a week"
    points, pounds = cells
    if not _is_whole(points) or not 0 <= int(points.replace("−", "-")) <= MOST_POINTS:
        return f"“{points}” is no whole number of points from 0 to {MOST_POINTS:,}"
    try:
        pence = parse_pounds(pounds)
    except ValueError:
        return f"“{pounds}” is no amount in pounds, like 125.00"
    if pence > MOST_WEEKLY_PENCE:
        return f"“{pounds}” a week is more than this page takes"
    return Step(int(points), pence)


def _is_whole(text: str) -> bool:
    digits = text.replace("−", "-").removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 6


@cache
def example_sheets() -> tuple[str, str]:
    """The text of the example's two sheets: nobody's real figures."""
    questions, pounds = (_DATA / f"example_{name}.csv" for name in ("questions", "pounds"))
    return questions.read_text(encoding="utf-8"), pounds.read_text(encoding="utf-8")


@cache
def example_table() -> PointsTable:
    table, *errors = read_table(*example_sheets())
    if table is None:
        raise ValueError(f"the example table makes no sense: {errors}")
    return table
