"""Pages that say what this site is, how it works, and what it promises."""

from flask import render_template, url_for

from marketplace.accounts import navigation
from marketplace.accounts.access import ANYONE, allow, current_actor
from marketplace.accounts.domain import JoinedAs
from marketplace.accounts.ports import ports
from marketplace.accounts.routes import blueprint
from marketplace.kernel import keeping
from marketplace.kernel.money import format_pounds

_EXAMPLES_PENCE = (500, 1_250, 2_150, 5_400, 12_000, 50_000, 120_000)
_JOIN = "/provider/join"


@blueprint.get("/about")
@allow(ANYONE)
def about() -> str:
    """What this site is, for whom, and who pays for it."""
    return render_template("accounts/pages/about.html")


@blueprint.get("/help", endpoint="help_page")
@allow(ANYONE)
def help_page() -> str:
    """The telephone number, how to buy, how budgets work, and how to help somebody."""
    return render_template("accounts/pages/help.html")


@blueprint.get("/help/for-providers")
@allow(ANYONE)
def help_for_providers() -> str:
    """How selling works, and the levy in pounds and pence."""
    levy_on = ports().levy_on
    rows = [(format_pounds(sale), levy_on(sale), sale - levy_on(sale)) for sale in _EXAMPLES_PENCE] if levy_on else []
    actor = current_actor()
    if actor.is_signed_in and navigation.can_open(_JOIN, actor):
        join_href, join_words = _JOIN, "Tell us about your business"
    else:
        join_href = f"{url_for('accounts.register')}?as={JoinedAs.PROVIDER}"
        join_words = "Open an account as a provider"
    return render_template(
        "accounts/pages/for_providers.html",
        levy_rows=rows,
        other_levies=ports().other_levies(),
        join_href=join_href,
        join_words=join_words,
    )


@blueprint.get("/privacy")
@allow(ANYONE)
def privacy() -> str:
    """What is kept about people, why, and for how long."""
    return render_template("accounts/pages/privacy.html", kept=keeping, kept_for=keeping.words)


@blueprint.get("/accessibility")
@allow(ANYONE)
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("accounts/pages/accessibility.html")


@blueprint.get("/terms")
@allow(ANYONE)
def terms() -> str:
    """The terms of use."""
    return render_template("accounts/pages/terms.html")


@blueprint.get("/open-data")
@allow(ANYONE)
def open_data() -> str:
    """Every source of data, font and code that asks to be named."""
    return render_template("accounts/pages/open_data.html")
