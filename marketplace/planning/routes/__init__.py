"""Pages of planning: caseloads, a person's pages, shopping together, access points, self-assessment tools."""

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint

blueprint = Blueprint("planning", __name__, template_folder="../templates")

# Every module of this folder hangs its pages on the blueprint.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
