"""Pages of ratings."""

from flask import Blueprint

blueprint = Blueprint("ratings", __name__, template_folder="templates")
