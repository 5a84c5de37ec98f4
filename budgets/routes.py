"""Pages of budgets."""

from flask import Blueprint

from budgets.services import acting

blueprint = Blueprint("budgets", __name__, template_folder="templates")
blueprint.app_context_processor(acting.banner)
