"""The index of this installation: one searcher per process and application."""

from pathlib import Path

from flask import current_app

from catalogue.search.snapshot import Searcher
from catalogue.search.store import Store

_KEY = "catalogue.searcher"


def searcher() -> Searcher:
    """The searcher over MARKETPLACE_DATA/index of the current application, made when first asked for."""
    extensions = current_app.extensions
    if _KEY not in extensions:
        folder: Path = extensions["settings"].marketplace_data / "index"
        extensions.setdefault(_KEY, Searcher(Store(folder)))
    found: Searcher = extensions[_KEY]
    return found
