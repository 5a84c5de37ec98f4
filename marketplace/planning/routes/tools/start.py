"""The start page of the self-assessment tools, and the button that clears every answer."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import ANYONE, allow, current_actor
from marketplace.planning.routes import blueprint
from marketplace.planning.routes.tools import kept


@blueprint.get("/tools")
@allow(ANYONE)
def tools() -> str:
    """What there is, and how long each takes."""
    return render_template("planning/tools/start.html", is_signed_in=current_actor().is_signed_in)


@blueprint.post("/tools/clear")
@allow(ANYONE)
def clear_tools() -> Response:
    """Forget what was answered: for a library's computer."""
    kept.forget()
    flash("Your answers are gone from this browser.", "success")
    return redirect(url_for("planning.tools"))
