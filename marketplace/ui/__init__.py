"""How every page looks: the frame, the macros, the form fields, the charts and the error pages."""

from flask import Flask
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from marketplace.kernel.ids import new_token
from marketplace.ui import assets, charts, error_pages, filters, headers, routes  # noqa: F401 - routes joins the blueprint
from marketplace.ui.assets import url_for_static
from marketplace.ui.error_pages import register_error_handlers
from marketplace.ui.navigation import FOOTER_LINKS, printed_on, url_with

__all__ = ["OPEN_ENDPOINTS", "init_app", "register_error_handlers", "url_for_static"]

# For whoever applies access rules: what everybody may have, signed in or not.
OPEN_ENDPOINTS = ("ui.static", "ui.page_settings", "ui.change_page_settings")

DEFAULT_SERVICE_NAME = "Care Market"


def init_app(app: Flask) -> None:
    """Give `app` the look of the site: static files, loaders, filters, globals, headers and error pages.

    Reads SERVICE_NAME and SERVICE_PHONE from `app.config`. A context processor may give templates `navigation`,
    `account`, `acting_for`, `basket_count`, `demo_banner` and `footer_links`: see README.md in this folder.
    """
    app.config.setdefault("SERVICE_NAME", DEFAULT_SERVICE_NAME)
    app.config.setdefault("SERVICE_PHONE", None)
    assets.init_app(app)
    filters.init_app(app)
    headers.init_app(app)
    error_pages.register_error_handlers(app)
    WTFormsHelpers(app)
    app.jinja_env.globals.update(
        url_with=url_with,
        printed_on=printed_on,
        footer_links=FOOTER_LINKS,
        balance_drawing=charts.balance_drawing,
        new_token=new_token,
    )
    own_loader = app.jinja_loader
    app.jinja_loader = ChoiceLoader(
        [
            *([own_loader] if own_loader is not None else []),
            PrefixLoader(
                {
                    "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
                    "govuk_frontend_wtf": PackageLoader("govuk_frontend_wtf"),
                }
            ),
        ]
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
