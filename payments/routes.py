"""Pages of payments."""

from flask import Blueprint

blueprint = Blueprint("payments", __name__, template_folder="templates")
