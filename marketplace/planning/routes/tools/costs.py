"""What care might cost somebody themselves, at home and in a care home."""

from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import ANYONE, allow
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError
from marketplace.kernel.figures import FigureKey
from marketplace.planning.estimates.contribution import LONGEST_WEEKS, WEEKS_WITHOUT_HOME, Estimate, Setting, estimate
from marketplace.planning.forms.self_checks import CostsForm
from marketplace.planning.queries.self_checks import figures_for
from marketplace.planning.routes import blueprint
from marketplace.planning.routes.tools import kept
from marketplace.planning.tool_words import MISSING, SETTINGS, WORKING, figure_rows, length_words

TOOL = "costs"


@blueprint.route("/tools/costs", methods=["GET", "POST"])
@allow(ANYONE)
def costs() -> Response | str:
    """One form: money, home and what care costs."""
    form = CostsForm(data=kept.answers(TOOL) | {"postcode": kept.where().near or None})
    if form.validate_on_submit():
        try:
            kept.place_of(form.postcode.data)
        except DomainError as error:
            form.refuse(error)
        else:
            kept.keep_form(TOOL, form)
            return redirect(url_for("planning.costs_result"))
    return render_template("planning/tools/costs.html", form=form)


@blueprint.get("/tools/costs/result")
@allow(ANYONE)
def costs_result() -> Response | str:
    """What the person and the council might pay a week, and how that arises."""
    before = kept.answers(TOOL)
    try:
        asked = CostsForm(formdata=None, data=before).to_command()
    except ValueError:  # nothing was answered, or what an older version of this page asked for
        return redirect(url_for("planning.costs"))
    where = kept.where()
    figures = figures_for(where.council_id, clock.today())
    wanted = ((Setting.HOME, asked.home_pence), (Setting.CARE_HOME, asked.care_home_pence))
    found = [estimate(asked.means, setting, cost, figures) for setting, cost in wanted if cost is not None]
    used = tuple({figure.key: figure for each in found for figure in each.figures}.values())
    return render_template(
        "planning/tools/costs_result.html",
        means=asked.means,
        parts=[_drawn(each) for each in found],
        figures=figure_rows(used),
        unverified=any(not figure.is_verified for figure in used),
        limits={"lower": figures[FigureKey.LOWER_LIMIT].pence, "upper": figures[FigureKey.UPPER_LIMIT].pence},
        first_weeks=WEEKS_WITHOUT_HOME,
        today=clock.today(),
        where=where,
    )


def _drawn(found: Estimate) -> dict[str, Any]:
    lasting = found.lasting
    return {
        "title": SETTINGS[found.setting],
        "is_home": found.setting is Setting.HOME,
        "found": found,
        "working": [{"text": WORKING[line.what], "pence": line.pence} for line in found.lines],
        "missing": [MISSING[what] for what in found.missing],
        "lasting": lasting,
        "lasting_words": length_words(lasting.weeks) if lasting and lasting.weeks is not None else None,
        "is_longest": bool(lasting and lasting.weeks is not None and lasting.weeks > LONGEST_WEEKS),
        "ends_on": lasting.ends_on(clock.today()) if lasting else None,
    }
