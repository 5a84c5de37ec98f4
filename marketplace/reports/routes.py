"""What commissioners read: a council's purchases, without anybody's name."""

from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.reports import queries
from marketplace.reports.domain import Dimension, Period, Table
from marketplace.reports.export import BY_WHAT, SHEETS, Sheet, as_csv, figures_sheet
from marketplace.reports.findings import TOO_SMALL, chart_title, period_words, three_sentences
from marketplace.ui.charts import Bar, Series, bar_chart, for_all_windows, line_chart
from marketplace.ui.downloads import csv_file
from marketplace.ui.filters import month_name, pounds, pounds_short

blueprint = Blueprint("reports", __name__, template_folder="templates")
READERS = roles(*queries.READERS, Role.OPERATOR)
MOST_BARS = 12
YEARS_OFFERED = 4


@dataclass(frozen=True)
class Shown:
    """A table with its chart, as the page draws them."""

    sheet: Sheet
    title: str
    chart: Markup | None
    note: str


@dataclass(frozen=True)
class Choice:
    """A box of the filter: options as (value, words)."""

    name: str
    label: str
    options: list[tuple[str, str]]
    chosen: str


@blueprint.get("/reports")
@allow(READERS)
def reports() -> str | BaseResponse:
    """Purchases of a council in a period: three sentences, charts with their tables, prices, and what is missing."""
    if current_actor().has(Role.OPERATOR) and not queries.list_readable_councils(current_actor()):
        flash("No council uses the marketplace yet. Let one begin first.")
        return redirect("/desk/councils")
    councils, asked = _asked()
    loaded = queries.load_report(asked)
    return render_template(
        "reports/reports.html",
        asked=asked,
        query=_query(asked),
        loaded=loaded,
        whole=loaded.report.whole,
        too_small=TOO_SMALL,
        period=period_words(asked.period),
        sentences=three_sentences(loaded, clock.today()),
        choices=_choices(councils, loaded),
        shown=[_shown(loaded, dimension) for dimension in BY_WHAT if dimension in loaded.report.tables],
        prices=SHEETS["prices"](loaded),
        comparison=SHEETS["comparison"](loaded),
        missing=SHEETS["missing"](loaded),
    )


@blueprint.get("/reports/export/<name>.csv")
@allow(READERS)
def export(name: str) -> Response:
    """One table of the report as CSV, narrowed as the page was."""
    sheet = SHEETS.get(name)
    if sheet is None:
        raise NotFound()
    _, asked = _asked()
    text = as_csv(sheet(queries.load_report(asked)))
    return csv_file(text, f"{asked.council.gss_code}-{asked.period.code}-{name}.csv")


@blueprint.get("/reports/understand")
@allow(READERS)
def understand() -> str:
    """How the figures are made, and what is hidden."""
    return render_template("reports/understand.html", too_small=TOO_SMALL)


def _asked() -> tuple[list[queries.CouncilView], queries.Asked]:
    councils = queries.list_readable_councils(current_actor())
    council = queries.choose_council(councils, request.args.get("council"))
    period = Period.parse(request.args.get("period"), clock.today())
    chosen = {name: request.args.get(name, "").strip()[:60] or None for name in ("category", "rail", "area")}
    return councils, queries.Asked(council, period, **chosen)


def _query(asked: queries.Asked) -> dict[str, str]:
    """The address's own parameters of what a page asks for: for the links to its exports."""
    values = {
        "council": str(asked.council.id),
        "period": asked.period.code,
        "category": asked.category,
        "rail": asked.rail,
        "area": asked.area,
    }
    return {name: value for name, value in values.items() if value}


def _choices(councils: list[queries.CouncilView], loaded: queries.CouncilReport) -> list[Choice]:
    asked, names = loaded.asked, loaded.names
    found = []
    if len(councils) > 1:
        options = [(str(council.id), council.short_name) for council in councils]
        found.append(Choice("council", "Council", options, str(asked.council.id)))
    found.append(Choice("period", "When", _periods(asked.period), asked.period.code))
    for name, label, everything, dimension, chosen in (
        ("category", "Kind of help", "Every kind", Dimension.CATEGORY, asked.category),
        ("rail", "Way of paying", "Every way", Dimension.RAIL, asked.rail),
        ("area", "Area", "Every area", Dimension.AREA, asked.area),
    ):
        values = [
            (queries.NOT_KNOWN if value is None else str(value), names.of(dimension, value))
            for value in loaded.report.values[dimension]
        ]
        if chosen is not None and chosen not in dict(values):
            values.append((chosen, chosen))
        options = [("", everything), *sorted(values, key=lambda option: option[1])]
        found.append(Choice(name, label, options, chosen or ""))
    return found


def _periods(period: Period) -> list[tuple[str, str]]:
    """The years, newest first, and the months of the one that is shown."""
    today = clock.today()
    now = Period.of_day(today)
    options = []
    for year in range(now.year, now.year - YEARS_OFFERED, -1):
        whole = Period(year)
        options.append((whole.code, period_words(whole)))
        if year == period.year:
            months = [(Period(year, number), first) for number, first in enumerate(whole.months) if first <= today]
            options.extend((each.code, month_name(first)) for each, first in reversed(months))
    return options


def _shown(loaded: queries.CouncilReport, dimension: Dimension) -> Shown:
    table = loaded.report.tables[dimension]
    title = chart_title(table, loaded.names, loaded.report.whole) if table.figures else BY_WHAT[dimension][1]
    return Shown(figures_sheet(loaded, dimension), title, _chart(loaded, table, title), _note(table))


def _note(table: Table) -> str:
    """What the chart of a table leaves out; nothing where it leaves nothing out."""
    if table.dimension is Dimension.MONTH:
        return "A gap is a month that is hidden." if table.hides_some else ""
    shown = sum(figure.is_shown for figure in table.figures)
    most = f"The first {MOST_BARS} are drawn." if shown > MOST_BARS else ""
    return f"{most} What is hidden is not drawn.".strip() if table.hides_some else most


def _chart(loaded: queries.CouncilReport, table: Table, title: str) -> Markup | None:
    """A line over the months, bars for everything else; None when nothing may be drawn."""
    if table.dimension is Dimension.MONTH:
        values = {figure.value: figure.pence for figure in table.figures}
        if all(pence is None for pence in values.values()):
            return None
        last = max(int(str(number)) for number in values)
        labels = [month_name(first)[:3] for first in loaded.asked.period.months[: last + 1]]
        # A month without purchases is 0; one that is hidden is a gap.
        points = [values.get(number, 0) for number in range(last + 1)]
        return for_all_windows(line_chart, title, labels, [Series("Spent", points)])
    shown = [figure for figure in table.figures if figure.pence is not None]
    if not shown:
        return None
    bars = [Bar(loaded.names.of(table.dimension, figure.value), figure.pence or 0) for figure in shown[:MOST_BARS]]
    show = pounds if any(bar.value % 100 for bar in bars) else pounds_short
    return for_all_windows(bar_chart, title, bars, show)
