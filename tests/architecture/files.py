"""The project's own files, for tests about how they are written."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("marketplace", "catalogue", "budgets", "payments", "ratings")
_FOLDERS = (*PACKAGES, "migrations", "tests", "docs", "tools", ".ci")
_NOT_OURS = ("node_modules", "__pycache__", "static", "axe")
_WRITTEN = {".py", ".html", ".md", ".toml", ".txt", ".sh", ".js", ".mjs", ".scss", ".css", ".json", ".mako", ".svg", ""}


def written_files() -> Iterator[Path]:
    """Every file that somebody wrote: code, pages, words and settings; not what was built, downloaded or published."""
    for path in sorted(ROOT.iterdir()):
        if path.is_file() and path.suffix in _WRITTEN and path.name != ".git":
            yield path
    for folder in _FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            inside = path.relative_to(ROOT).parts
            if path.is_file() and path.suffix in _WRITTEN and not any(part in _NOT_OURS for part in inside):
                yield path


def templates() -> Iterator[Path]:
    """Every page template of the site, without those of the Stripe sandbox, which is another application."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("templates/**/*.html")):
            if "stripe_sandbox" not in path.parts:
                yield path
