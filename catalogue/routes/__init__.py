"""Pages of the catalogue: one blueprint, a module per feature."""

from flask import Blueprint

blueprint = Blueprint("catalogue", __name__, template_folder="../templates")

from catalogue.routes import (  # noqa: E402, F401  routes register themselves when they are imported
    categories,
    home,
    listing,
    places,
    provider,
    search,
    shortlist,
)
