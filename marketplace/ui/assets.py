"""Addresses of static files that browsers may keep for a year, because each carries a hash of what it holds."""

import gzip
import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request, send_file
from werkzeug.utils import safe_join

STATIC_FOLDER = Path(__file__).parent / "static"
URL_PREFIX = "/assets"
HASH_LENGTH = 12
ONE_YEAR = "public, max-age=31536000, immutable"
ONE_HOUR = "public, max-age=3600"

blueprint = Blueprint("ui", __name__, template_folder="templates")


def file_hash(path: Path) -> str:
    """The first 12 hex digits of the file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]


class StaticUrls:
    """Hashes of the static files, read once per process (at each call in debug mode, so that a build shows at once)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes: dict[str, str] = {}

    def hash_of(self, filename: str) -> str:
        """The hash of `filename`, relative to the folder. Raises FileNotFoundError."""
        known = self._hashes.get(filename)
        if known is None or current_app.debug:
            known = self._hashes[filename] = file_hash(self._folder / filename)
        return known

    def __call__(self, filename: str) -> str:
        """The address of `filename`, such as `/assets/ui/app.css?v=0123456789ab`."""
        return f"{request.script_root}{URL_PREFIX}/{filename}?v={self.hash_of(filename)}"


url_for_static = StaticUrls(STATIC_FOLDER)


CATEGORY_ICONS = frozenset(path.stem for path in (STATIC_FOLDER / "ui" / "patterns").glob("*.svg"))


def category_icon(category: str | None) -> str:
    """The name of the category's drawing; "other" when there is none of that name."""
    return category if category in CATEGORY_ICONS else "other"


def pattern_url(category: str | None) -> str:
    """The address of the drawn picture for a listing without a photograph."""
    return url_for_static(f"ui/patterns/{category_icon(category)}.svg")


_COMPRESSIBLE = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_compressed: dict[tuple[str, str], bytes] = {}


def _compressed_text(path: Path, content_hash: str) -> bytes:
    """The file compressed; done once per process and version of the file."""
    key = (path.name, content_hash)
    if key not in _compressed:
        _compressed[key] = gzip.compress(path.read_bytes(), mtime=0)
    return _compressed[key]


@blueprint.get(f"{URL_PREFIX}/<path:filename>", endpoint="static")
def static_file(filename: str) -> Response:
    """A static file; kept by browsers for a year when asked for by the hash that it has now."""
    found = safe_join(str(STATIC_FOLDER), filename)
    if found is None or not (path := Path(found)).is_file():
        abort(404)
    content_hash = url_for_static.hash_of(path.relative_to(STATIC_FOLDER).as_posix())
    compress = path.suffix in _COMPRESSIBLE and request.accept_encodings["gzip"] > 0
    if compress:
        response = Response(_compressed_text(path, content_hash), mimetype=_COMPRESSIBLE[path.suffix])
        response.headers["Content-Encoding"] = "gzip"
        response.set_etag(f"{content_hash}-gzip")
        response.make_conditional(request)
    else:
        response = send_file(path, etag=content_hash)
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = ONE_YEAR if request.args.get("v") == content_hash else ONE_HOUR
    return response


def init_app(app: Flask) -> None:
    """Serve the static files under /assets and give templates `asset()`, `pattern_url()` and `category_icon()`."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(asset=url_for_static, pattern_url=pattern_url, category_icon=category_icon)
