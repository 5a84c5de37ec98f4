"""The demo's own page: ten people to be."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from marketplace.accounts import browser
from marketplace.accounts.access import ANYONE, allow, current_actor
from marketplace.accounts.navigation import start_page
from marketplace.accounts.queries import actor_of, find_user_by_email
from marketplace.accounts.services import signing_in
from marketplace.demo.cast import CAST, COLLEAGUES

blueprint = Blueprint("demo", __name__, template_folder="templates")
START_PAGES = {"dp-holder": "/budgets", "nominated-person": "/caseload"}


@blueprint.get("/demo")
@allow(ANYONE)
def demo() -> str:
    """Ten people to be, each with a sentence and something to try."""
    return render_template("demo/demo.html", cast=CAST, colleagues=COLLEAGUES)


@blueprint.post("/demo")
@allow(ANYONE)
def be() -> Response:
    """Become one of them, without a password: this route exists in a demo alone."""
    part = next((part for part in (*CAST, *COLLEAGUES) if part.role == request.form.get("role")), None)
    user = find_user_by_email(part.email) if part else None
    if part is None or user is None:
        abort(404)
    if current_actor().is_signed_in:
        browser.leave()
    browser.enter(signing_in.begin(user.id, device=browser.device_words(), is_proved=True))
    flash(f"You are {part.name} now. {part.to_try}")
    return redirect(START_PAGES.get(part.role) or start_page(actor_of(user.id)))


@blueprint.app_context_processor
def banner() -> dict[str, Markup]:
    """Every page of a demo says that it is one, and those that promise a letter say where it can be read."""
    if not current_app.config["DEMO"]:
        return {}
    words = Markup('A demonstration: invented people and firms, no real money. <a href="{}">Be somebody else</a>')
    letters = Markup(
        "In this demonstration no email leaves the computer. To read yours, "
        '<a class="govuk-link" href="{}">be {}</a> and open Emails on the desk.'
    )
    here = url_for("demo.demo")
    operator = next(part.name for part in CAST if part.role == "operator")
    return {"demo_banner": words.format(here), "demo_letters": letters.format(here, operator)}
