"""Pages of planning: caseloads, a person's pages, shopping together, access points."""

from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint

blueprint = Blueprint("planning", __name__, template_folder="../templates")

for _name in ("caseload", "person", "plan", "find", "statement", "record", "assisted", "rounds", "today", "notes"):
    if find_spec(f"{__name__}.{_name}") is not None:
        import_module(f"{__name__}.{_name}")
