"""Pages of budgets."""

from flask import Blueprint

blueprint = Blueprint("budgets", __name__, template_folder="templates")
