"""Pages of planning: caseloads, a person's pages, shopping together, access points, self-assessment tools."""

from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint

blueprint = Blueprint("planning", __name__, template_folder="../templates")

_PAGES = (
    "caseload",
    "person",
    "plan",
    "find",
    "statement",
    "record",
    "assisted",
    "rounds",
    "today",
    "notes",
    "evidence",
    "monitoring",
    "tools",
)
for _name in _PAGES:
    if find_spec(f"{__name__}.{_name}") is not None:
        import_module(f"{__name__}.{_name}")
