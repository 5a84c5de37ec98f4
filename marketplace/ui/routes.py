"""Page settings: large print, for as long as the browser keeps its session."""

from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, session
from werkzeug.wrappers import Response

from marketplace.ui.assets import blueprint
from marketplace.ui.page_settings import PageSettingsForm

LARGE_PRINT_KEY = "large_print"
PATH = "/page-settings"


def own_path(address: str | None) -> str:
    """The path and query of an address of our own, else the home page: nobody is sent to another site."""
    parts = urlsplit(address or "")
    if parts.netloc not in ("", request.host) or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\")):
        return "/"
    if parts.path == PATH:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@blueprint.get(PATH)
def page_settings() -> str:
    """Ask how large the print should be."""
    large = bool(session.get(LARGE_PRINT_KEY, False))
    form = PageSettingsForm(print_size="large" if large else "ordinary", next=own_path(request.referrer))
    return render_template("ui/page_settings.html", form=form)


@blueprint.post(PATH)
def change_page_settings() -> Response | str:
    """Keep the answer in the session, and go back to where the reader was."""
    form = PageSettingsForm()
    if not form.validate():
        return render_template("ui/page_settings.html", form=form)
    command = form.to_command()
    session[LARGE_PRINT_KEY] = command.large_print
    flash(
        "Large print is on, on the screen and on paper."
        if command.large_print
        else "Print is back to its ordinary size."
    )
    return redirect(own_path(command.back_to))
