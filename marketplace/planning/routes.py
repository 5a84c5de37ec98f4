"""Pages of planning."""

from flask import Blueprint

blueprint = Blueprint("planning", __name__, template_folder="templates")
