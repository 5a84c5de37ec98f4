"""Charts drawn on the server as SVG. Each is given with the table of the same figures; neither stands alone.

Colours are Okabe and Ito's, with dark outlines because orange, sky and yellow alone are under 3:1 on white. Bars begin
at zero, labels stand beside what they name, and there is no legend. No style attributes: the content security policy
forbids them. Figures are integers (pence, counts); `show` turns one into words. A phone gets a `narrow` drawing of its
own, because a wide one would be too small to read there: `for_all_windows` puts both on the page, which shows one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap

from flask import g, has_app_context
from markupsafe import Markup

from marketplace.ui.filters import pounds_short, thousands

INK = "#1c2b2a"
QUIET = "#4a5957"
GRID = "#d9d2c5"
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
WIDTH, NARROW = 760, 340
ROW, NARROW_ROW = 44, 68
LINE_HEIGHT, NARROW_LINE_HEIGHT = 360, 270


@dataclass(frozen=True)
class Bar:
    """One bar: its name and a whole number, not negative."""

    label: str
    value: int


@dataclass(frozen=True)
class Series:
    """One line: its name and one whole number per point in time; None where nothing is known."""

    label: str
    values: Sequence[int | None]


def _next_number() -> int:
    """A number that no other drawing of this page has, the same each time the page is made."""
    if not has_app_context():
        return 1
    g.ui_drawings = g.get("ui_drawings", 0) + 1
    return int(g.ui_drawings)


def _shorten(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _svg(title: str, description: str, width: int, height: int, inside: Markup) -> Markup:
    number = _next_number()
    kind = " app-chart--narrow" if width == NARROW else ""
    return Markup(
        '<svg class="app-chart{kind}" role="img" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg"'
        ' aria-labelledby="chart-{number}-title chart-{number}-text" font-size="17">'
        '<title id="chart-{number}-title">{title}</title>'
        '<desc id="chart-{number}-text">{description}</desc>{inside}</svg>'
    ).format(kind=kind, width=width, height=height, number=number, title=title, description=description, inside=inside)


def for_all_windows(draw: Callable[..., Markup], *figures: object) -> Markup:
    """The wide drawing and the narrow one of the same figures; the style sheet shows the one that fits."""
    return draw(*figures) + draw(*figures, narrow=True)


def _text(x: int, y: int, words: str, *, anchor: str = "start", colour: str = INK, bold: bool = False) -> Markup:
    weight = Markup(' font-weight="700"') if bold else Markup("")
    return Markup('<text x="{}" y="{}" text-anchor="{}" fill="{}"{}>{}</text>').format(
        x, y, anchor, colour, weight, words
    )


def _joined(parts: Sequence[Markup]) -> Markup:
    return Markup("").join(parts)


def _label(x: int, y: int, words: str) -> list[Markup]:
    """A name beside its bar, on two lines when it is long."""
    lines = wrap(words, 25) or [""]
    if len(lines) == 1:
        return [_text(x, y, lines[0], anchor="end")]
    second = lines[1] if len(lines) == 2 else _shorten(f"{lines[1]} {lines[2]}", 25)
    return [_text(x, y - 10, lines[0], anchor="end"), _text(x, y + 10, second, anchor="end")]


def bar_chart(
    title: str, bars: Sequence[Bar], show: Callable[[int], str] = pounds_short, *, narrow: bool = False
) -> Markup:
    """Horizontal bars from zero, in the order given, each with its figure beside it, and its name (narrow: above).

    `title` says the finding ("Respite spending doubled in March"). Raises ValueError for no bars or a negative value.
    """
    if not bars or any(bar.value < 0 for bar in bars):
        raise ValueError("a bar chart needs bars that are not negative")
    width, row, left, above = (NARROW, NARROW_ROW, 2, 26) if narrow else (WIDTH, ROW, 230, 0)
    room = width - left - 110
    most = max(bar.value for bar in bars) or 1
    parts: list[Markup] = []
    for index, bar in enumerate(bars):
        top = index * row + 8 + above
        length = room * bar.value // most
        middle = top + 21
        if narrow:
            parts.append(_text(left, top - 9, _shorten(bar.label, 36)))
        else:
            parts.extend(_label(left - 12, middle, bar.label))
        if length:
            parts.append(
                Markup(
                    '<rect x="{}" y="{}" width="{}" height="28" rx="3" fill="{}" stroke="{}" stroke-width="1.5"/>'
                ).format(left, top, length, OKABE_ITO[0], INK)
            )
        parts.append(_text(left + length + 10, middle, show(bar.value), bold=True))
    height = len(bars) * row + 8
    if not narrow:  # names stand across the line of zero there
        parts.append(
            Markup('<line x1="{0}" y1="0" x2="{0}" y2="{1}" stroke="{2}" stroke-width="2"/>').format(left, height, INK)
        )
    described = "; ".join(f"{bar.label}: {show(bar.value)}" for bar in bars)
    return _svg(title, f"Bars. {described}.", width, height, _joined(parts))


def _round_up(value: int) -> int:
    """The next of 1, 2, 2.5, 4, 5, 8 times a power of ten that four steps divide evenly."""
    if value <= 4:
        return 4
    power = 1
    while power * 10 < value:
        power *= 10
    for quarters in (4, 8, 10, 16, 20, 32, 40):
        if quarters * power // 4 >= value and (quarters * power // 4) % 4 == 0:
            return quarters * power // 4
    return power * 12


def line_chart(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    show: Callable[[int], str] = pounds_short,
    *,
    narrow: bool = False,
) -> Markup:
    """Lines over time from zero; each line has its own dash and its name at its end, so that colour is never alone.

    `labels` name the points in time. Raises ValueError when a series is not as long as the labels, when there is no
    figure at all, or when there are more than four lines.
    """
    known = [value for line in series for value in line.values if value is not None]
    if not labels or not known or len(series) > 4 or any(len(line.values) != len(labels) for line in series):
        raise ValueError("a line chart needs one to four lines, each with a value per label")
    if min(known) < 0:
        raise ValueError("a line chart from zero cannot show negative values")
    width, height = (NARROW, NARROW_LINE_HEIGHT) if narrow else (WIDTH, LINE_HEIGHT)
    left, right, top, bottom = (76, 16, 30, 44) if narrow else (92, 150, 14, 44)
    room_x, room_y = width - left - right, height - top - bottom
    most = _round_up(max(known))
    floor = top + room_y

    def x_of(index: int) -> int:
        return left + (room_x * index // (len(labels) - 1) if len(labels) > 1 else room_x // 2)

    def y_of(value: int) -> int:
        return floor - room_y * value // most

    parts: list[Markup] = []
    for step in range(5):
        value = most * step // 4
        y = y_of(value)
        parts.append(
            Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="1"/>').format(
                left, y, left + room_x, y, INK if step == 0 else GRID
            )
        )
        parts.append(_text(left - 10, y + 6, show(value), anchor="end", colour=QUIET))
    most_labels = 4 if narrow else 6
    every = -(-len(labels) // most_labels)
    parts.extend(
        _text(x_of(index), floor + 28, label, anchor="middle", colour=QUIET)
        for index, label in enumerate(labels)
        if index % every == 0
    )
    parts.extend(_lines(series, x_of, y_of, names_above=narrow))
    described = "; ".join(
        f"{line.label}: "
        + ", ".join(
            f"{label} {'not known' if value is None else show(value)}"
            for label, value in zip(labels, line.values, strict=True)
        )
        for line in series
    )
    return _svg(title, f"Lines over time. {described}.", width, height, _joined(parts))


_DASHES = ("", "9 5", "2 5", "14 4 2 4")
_LINE_COLOURS = (OKABE_ITO[0], OKABE_ITO[5], OKABE_ITO[2], INK)


def _runs(
    values: Sequence[int | None], x_of: Callable[[int], int], y_of: Callable[[int], int]
) -> list[list[tuple[int, int]]]:
    """The points of a line, cut where nothing is known: a gap must look like one."""
    runs: list[list[tuple[int, int]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x_of(index), y_of(value)))
    return [run for run in runs if run]


def _lines(
    series: Sequence[Series], x_of: Callable[[int], int], y_of: Callable[[int], int], *, names_above: bool
) -> list[Markup]:
    parts: list[Markup] = []
    taken: list[int] = []
    for line, dash, colour in zip(series, _DASHES, _LINE_COLOURS, strict=False):
        runs = _runs(line.values, x_of, y_of)
        points = [point for run in runs for point in run]
        if not points:
            continue
        dashes = Markup(' stroke-dasharray="{}"').format(dash) if dash else Markup("")
        parts.extend(
            Markup(
                '<polyline points="{}" fill="none" stroke="{}" stroke-width="3.5" stroke-linejoin="round"{}/>'
            ).format(" ".join(f"{x},{y}" for x, y in run), colour, dashes)
            for run in runs
        )
        parts.extend(
            Markup('<circle cx="{}" cy="{}" r="4.5" fill="{}" stroke="{}" stroke-width="1.5"/>').format(
                x, y, colour, INK
            )
            for x, y in points
        )
        x, y = points[-1]
        while any(abs(y - other) < 20 for other in taken):
            y += 20
        taken.append(y)
        name = _shorten(line.label, 15)
        if names_above:  # or below, where the line comes down to its end
            falls = len(points) > 1 and points[-2][1] < y
            parts.append(_text(x + 8, y + (26 if falls else -12), name, anchor="end", bold=True))
        else:
            parts.append(_text(x + 12, y + 6, name, bold=True))
    return parts


def counted(value: int) -> str:
    """How a chart of counts shows a figure."""
    return thousands(value)


def balance_drawing(spent_pence: int, held_pence: int, left_pence: int) -> Markup:
    """The one bar of a budget: spent (dark), kept aside (striped), left now (pale), in proportion.

    Hidden from readers that speak, because the figures stand beside it. What is negative (a cut may overcommit a pot)
    is drawn as nothing: the figure beside it says it.
    """
    parts = [max(0, pence) for pence in (spent_pence, held_pence, left_pence)]
    whole = sum(parts)
    edges = [1000 * sum(parts[:index]) // whole if whole else 0 for index in range(4)]
    number = _next_number()
    fills = (INK, f"url(#kept-aside-{number})", "#d5e8e5")
    bars = _joined(
        [
            Markup('<rect x="{}" y="0" width="{}" height="34" fill="{}"/>').format(start, end - start, fill)
            for (start, end), fill in zip(pairwise(edges), fills, strict=True)
            if end > start
        ]
    )
    seams = _joined(
        [
            Markup(
                '<line x1="{0}" y1="0" x2="{0}" y2="34" stroke="{1}" stroke-width="2"'
                ' vector-effect="non-scaling-stroke"/>'
            ).format(edge, INK)
            for edge in edges[1:3]
            if 0 < edge < 1000
        ]
    )
    return Markup(
        '<svg class="app-balance__bar" viewBox="0 0 1000 34" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false"><defs><pattern id="kept-aside-{number}" width="12" height="12"'
        ' patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="12" height="12" fill="#f6c79f"/>'
        '<rect width="6" height="12" fill="#b3470a"/></pattern></defs>'
        '<rect width="1000" height="34" fill="#ffffff"/>{bars}{seams}'
        '<rect x="1" y="1" width="998" height="32" fill="none" stroke="{ink}" stroke-width="2"'
        ' vector-effect="non-scaling-stroke"/></svg>'
    ).format(number=number, bars=bars, seams=seams, ink=INK)
