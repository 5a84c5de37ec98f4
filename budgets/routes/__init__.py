"""Pages of budgets: my money, acting for somebody, mandates, and council finance."""

from flask import Blueprint

from budgets.services import acting

blueprint = Blueprint("budgets", __name__, template_folder="../templates")
blueprint.app_context_processor(acting.banner)

from budgets.routes import (  # noqa: E402, F401  routes register themselves when they are imported
    acting_for,
    council,
    hand_overs,
    helping,
    loads,
    mandate_acts,
    mandates,
    merges,
    money,
    officers,
    payees,
    pots,
    restrictions,
    surplus,
    teams,
    where,
)
