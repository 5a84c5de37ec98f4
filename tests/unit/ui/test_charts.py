import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from markupsafe import Markup

from marketplace.ui.charts import Bar, Series, balance_drawing, bar_chart, counted, for_all_windows, line_chart

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "Respite spending doubled in March"


def parsed(markup: Markup) -> ElementTree.Element:
    assert isinstance(markup, Markup)
    text = str(markup)
    if "xmlns" not in text:
        text = text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return ElementTree.fromstring(text)


def test_a_chart_is_named_by_its_finding_and_described_in_figures() -> None:
    chart = parsed(bar_chart(TITLE, [Bar("March", 48000), Bar("February", 24000)]))
    assert chart.get("role") == "img"
    title, description = chart.find(f"{SVG}title"), chart.find(f"{SVG}desc")
    assert title is not None and description is not None
    assert title.text == TITLE
    assert description.text == "Bars. March: £480; February: £240."
    assert chart.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_bars_begin_at_zero_and_keep_their_proportion() -> None:
    chart = parsed(bar_chart(TITLE, [Bar("A", 400), Bar("B", 100), Bar("C", 0)]))
    bars = chart.findall(f"{SVG}rect")
    assert len(bars) == 2
    assert len({bar.get("x") for bar in bars}) == 1
    assert int(bars[0].get("width", "")) == 4 * int(bars[1].get("width", ""))
    assert all(bar.get("stroke") == "#1c2b2a" for bar in bars)


def test_a_long_name_is_broken_and_never_runs_off_the_edge() -> None:
    chart = parsed(bar_chart(TITLE, [Bar("Personal assistants from the community in all of Teesdale", 1)]))
    labels = [text.text or "" for text in chart.findall(f"{SVG}text")]
    assert labels[0] == "Personal assistants from" and labels[1].endswith("…")
    assert all(len(label) <= 26 for label in labels)


@pytest.mark.parametrize("bars", [[], [Bar("A", -1)]])
def test_a_bar_chart_of_nothing_or_less_is_refused(bars: list[Bar]) -> None:
    with pytest.raises(ValueError, match="bars"):
        bar_chart(TITLE, bars)


def test_bars_that_are_all_zero_are_drawn_as_none() -> None:
    chart = parsed(bar_chart(TITLE, [Bar("A", 0)], show=counted))
    assert chart.findall(f"{SVG}rect") == []


def test_a_line_is_cut_where_nothing_is_known() -> None:
    chart = parsed(line_chart(TITLE, ["Jan", "Feb", "Mar", "Apr"], [Series("Respite", [1, 2, None, 4])], show=counted))
    assert [len((line.get("points") or "").split()) for line in chart.findall(f"{SVG}polyline")] == [2, 1]
    assert len(chart.findall(f"{SVG}circle")) == 3
    assert "Mar not known" in (chart.findtext(f"{SVG}desc") or "")


def test_lines_differ_by_more_than_colour_and_are_named_where_they_end() -> None:
    series = [Series(f"Line {number}", [10, 10]) for number in range(4)]
    chart = parsed(line_chart(TITLE, ["Jan", "Feb"], series, show=counted))
    lines = chart.findall(f"{SVG}polyline")
    assert len({line.get("stroke-dasharray") for line in lines}) == 4
    names = [text for text in chart.findall(f"{SVG}text") if (text.text or "").startswith("Line")]
    heights = sorted(int(text.get("y", "")) for text in names)
    assert all(after - before >= 20 for before, after in pairwise(heights))


def test_the_scale_begins_at_zero_and_holds_the_highest_value() -> None:
    for most in (1, 3, 7, 99, 100, 101, 4999, 48000, 123456):
        chart = parsed(line_chart(TITLE, ["Jan", "Feb"], [Series("A", [0, most])], show=counted))
        points = [
            point.split(",") for line in chart.findall(f"{SVG}polyline") for point in (line.get("points") or "").split()
        ]
        grid = sorted(int(line.get("y1", "")) for line in chart.findall(f"{SVG}line"))
        assert int(points[0][1]) == grid[-1]
        assert grid[0] <= int(points[1][1]) < grid[-1]


@pytest.mark.parametrize(
    ("labels", "series"),
    [
        ([], []),
        (["Jan"], [Series("A", [None])]),
        (["Jan"], [Series("A", [1, 2])]),
        (["Jan"], [Series("A", [-1])]),
        (["Jan"], [Series(str(number), [1]) for number in range(5)]),
    ],
)
def test_lines_that_cannot_be_drawn_honestly_are_refused(labels: list[str], series: list[Series]) -> None:
    with pytest.raises(ValueError, match="line chart"):
        line_chart(TITLE, labels, series)


def test_names_are_escaped() -> None:
    assert "<b>" not in bar_chart("<b>", [Bar("<b>", 1)])
    assert "<b>" not in line_chart("<b>", ["<b>"], [Series("<b>", [1])])


def test_no_drawing_carries_a_style_that_the_policy_would_refuse() -> None:
    for drawing in (
        bar_chart(TITLE, [Bar("A", 1)]),
        line_chart(TITLE, ["Jan", "Feb"], [Series("A", [1, 2])]),
        balance_drawing(1, 2, 3),
    ):
        assert "style" not in drawing and "<script" not in drawing


@pytest.mark.parametrize(
    ("spent", "held", "left", "widths"),
    [
        (250, 250, 500, [250, 250, 500]),
        (0, 0, 0, []),
        (1, 0, 0, [1000]),
        (100, 0, -50, [1000]),
        (1, 1, 1, [333, 333, 334]),
    ],
)
def test_the_bar_of_a_budget_is_in_proportion_and_full(spent: int, held: int, left: int, widths: list[int]) -> None:
    drawing = str(balance_drawing(spent, held, left))
    found = [int(width) for width in re.findall(r'<rect x="\d+" y="0" width="(\d+)" height="34"', drawing)]
    assert found == widths
    assert sum(found) in (0, 1000)
    assert 'aria-hidden="true"' in drawing


def test_a_phone_gets_a_drawing_of_its_own_with_the_same_figures() -> None:
    bars = [Bar("Personal assistants from the community in all of Teesdale", 48000), Bar("Gardening", 24000)]
    wide, narrow = str(for_all_windows(bar_chart, TITLE, bars)).replace("</svg><svg", "</svg>|<svg").split("|")
    assert 'class="app-chart"' in wide
    assert 'class="app-chart app-chart--narrow"' in narrow
    drawings = parsed(Markup(wide)), parsed(Markup(narrow))
    assert len({drawing.findtext(f"{SVG}desc") for drawing in drawings}) == 1
    for drawing in drawings:
        right = int((drawing.get("viewBox") or "").split()[2])
        long, short = drawing.findall(f"{SVG}rect")
        assert int(long.get("width", "")) == 2 * int(short.get("width", ""))
        assert int(long.get("x", "")) + int(long.get("width", "")) + 80 < right  # room for the figure beside it
    names = [text.text or "" for text in drawings[1].findall(f"{SVG}text") if not text.get("font-weight")]
    assert names == ["Personal assistants from the commun…", "Gardening"]


def test_a_narrow_line_stays_inside_its_drawing_with_few_labels() -> None:
    months = ["Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar"]
    chart = parsed(line_chart(TITLE, months, [Series("Spent", list(range(12)))], show=counted, narrow=True))
    width, height = (int(part) for part in (chart.get("viewBox") or "").split()[2:])
    for circle in chart.findall(f"{SVG}circle"):
        assert 0 < int(circle.get("cx", "")) < width and 0 < int(circle.get("cy", "")) < height
    words = [text.text for text in chart.findall(f"{SVG}text")]
    assert [word for word in words if word in months] == ["Apr", "Jul", "Oct", "Jan"]
    spent = next(text for text in chart.findall(f"{SVG}text") if text.text == "Spent")
    assert spent.get("text-anchor") == "end"


@pytest.mark.parametrize(("values", "is_below"), [([10, 40, 30], True), ([10, 20, 30], False), ([30], False)])
def test_the_name_of_a_narrow_line_stands_clear_of_it(values: list[int], is_below: bool) -> None:
    labels = ["Jan", "Feb", "Mar"][: len(values)]
    chart = parsed(line_chart(TITLE, labels, [Series("Spent", values)], show=counted, narrow=True))
    end = chart.findall(f"{SVG}circle")[-1]
    name = next(text for text in chart.findall(f"{SVG}text") if text.text == "Spent")
    assert (int(name.get("y", "")) > int(end.get("cy", ""))) is is_below
