"""The built files: complete, consistent, free of other hosts, and readable."""

import gzip
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import ui
from marketplace.ui.assets import CATEGORY_ICONS, STATIC_FOLDER, file_hash, url_for_static

UI = Path(ui.__file__).parent
BUILT = STATIC_FOLDER / "ui"
CSS = (BUILT / "app.css").read_text()
SIGNS = {
    "search",
    "basket",
    "phone",
    "print",
    "tick",
    "cross",
    "clock",
    "pin",
    "calendar",
    "shield",
    "budget",
    "person",
}


def test_an_address_carries_the_hash_of_its_file_and_is_kept_for_a_year(ui_app: Flask, ui_client: FlaskClient) -> None:
    with ui_app.test_request_context("/"):
        address = url_for_static("ui/app.css")
    assert address == f"/assets/ui/app.css?v={file_hash(BUILT / 'app.css')}"
    response = ui_client.get(address, buffered=True)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=000000000000", "?v="])
def test_an_address_with_another_hash_is_not_kept_for_long(ui_client: FlaskClient, query: str) -> None:
    response = ui_client.get(f"/assets/ui/app.css{query}", buffered=True)
    assert response.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("encodings", ["", "gzip", "gzip;q=0", "br, gzip;q=0.5"])
def test_a_browser_that_has_the_file_is_not_sent_it_again(ui_client: FlaskClient, encodings: str) -> None:
    headers = {"Accept-Encoding": encodings}
    first = ui_client.get("/assets/ui/app.css", headers=headers, buffered=True)
    again = ui_client.get(
        "/assets/ui/app.css", headers={**headers, "If-None-Match": first.headers["ETag"]}, buffered=True
    )
    assert (first.status_code, again.status_code) == (200, 304)
    assert again.data == b""
    body = gzip.decompress(first.data) if first.headers.get("Content-Encoding") == "gzip" else first.data
    assert body == (BUILT / "app.css").read_bytes()


def test_text_is_compressed_only_for_who_asks_and_caches_can_tell(ui_client: FlaskClient) -> None:
    plain = ui_client.get("/assets/ui/app.css", headers={"Accept-Encoding": "gzip;q=0"}, buffered=True)
    small = ui_client.get("/assets/ui/app.css", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert "Content-Encoding" not in plain.headers and small.headers["Content-Encoding"] == "gzip"
    assert len(small.data) * 5 < len(plain.data)
    assert plain.headers["ETag"] != small.headers["ETag"]
    assert "Accept-Encoding" in small.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
    font = "/assets/ui/fonts/atkinson-hyperlegible-next-latin-400-normal.woff2"
    response = ui_client.get(font, headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    "path", ["/assets/../__init__.py", "/assets/ui/../../fields.py", "/assets/ui/none.css", "/assets/"]
)
def test_nothing_outside_the_folder_is_served(ui_client: FlaskClient, path: str) -> None:
    assert ui_client.get(path, buffered=True).status_code == 404


def test_under_a_prefix_the_addresses_have_it_too(ui_app: Flask) -> None:
    with ui_app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/market"}):
        assert url_for_static("ui/app.css").startswith("/market/assets/ui/app.css")


def test_every_icon_that_templates_may_name_is_in_the_sprite() -> None:
    sprite = ElementTree.fromstring((BUILT / "icons.svg").read_text())
    names = {symbol.get("id") for symbol in sprite}
    assert names >= CATEGORY_ICONS | SIGNS
    assert names >= {f"stars-{halves}" for halves in range(11)}
    assert len(CATEGORY_ICONS) >= 20 and "other" in CATEGORY_ICONS
    used = set()
    for template in (UI / "templates").rglob("*.html"):
        used |= set(re.findall(r"""icons\.svg'\) }}#([a-z-]+)"|icon\("([a-z-]+)"\)""", template.read_text()))
    assert {first or second for first, second in used} - {"stars-"} <= names


def test_every_drawing_is_well_formed_and_harmless() -> None:
    for path in [*BUILT.glob("*.svg"), *(BUILT / "patterns").glob("*.svg")]:
        text = path.read_text()
        ElementTree.fromstring(text)
        assert "<script" not in text and "style=" not in text
        assert not re.search(r'(?:href|src)="http', text)


def test_files_named_in_the_stylesheet_and_the_script_exist_with_that_hash() -> None:
    named = re.findall(r'url\("([^"?]+)\?v=([0-9a-f]+)"\)', CSS)
    assert len(named) == 6 == CSS.count('url("')
    named += re.findall(r'"\./([^"?]+)\?v=([0-9a-f]+)"', (BUILT / "app.js").read_text())
    for name, version in named:
        assert file_hash(BUILT / name) == version
    assert (BUILT / "fonts" / "OFL.txt").read_text().count("SIL Open Font License") >= 1


def test_the_stylesheet_asks_no_other_host_and_uses_no_font_or_crown_of_gov_uk() -> None:
    assert not re.search(r"""url\(["']?(?:https?:)?//""", CSS)
    assert "@import" not in CSS
    assert "GDS Transport" not in CSS and "crown" not in CSS


def test_templates_have_no_inline_script_style_or_handler() -> None:
    for template in (UI / "templates").rglob("*.html"):
        text = re.sub(r"{#.*?#}", "", template.read_text(), flags=re.S)
        assert not re.search(r"""\sstyle\s*=|<style|\son[a-z]+\s*=\s*["']|javascript:""", text), template.name
        assert all('src="{{ asset(' in tag for tag in re.findall(r"<script[^>]*>", text)), template.name


def test_the_lock_file_pins_versions_and_names_no_host_to_fetch_from() -> None:
    lock = json.loads((UI / "build" / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/govuk-frontend"]["version"] == "6.3.0"
    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


PALETTE = dict(
    re.findall(r"^\$([a-z-]+): (#[0-9a-f]{6});", (UI / "build/src/scss/_palette.scss").read_text(), flags=re.M)
)


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["white", "ground", "ground-deep"])
@pytest.mark.parametrize("text", ["teal", "teal-dark", "ink", "ink-soft", "accent", "error", "success"])
def test_text_can_be_read_on_every_ground(text: str, ground: str) -> None:
    assert contrast(PALETTE[text], PALETTE[ground]) >= 4.5


@pytest.mark.parametrize(
    ("text", "ground"), [("white", "teal"), ("white", "accent"), ("white", "error"), ("teal-dark", "teal-pale")]
)
def test_text_can_be_read_on_colours(text: str, ground: str) -> None:
    assert contrast(PALETTE[text], PALETTE[ground]) >= 4.5


@pytest.mark.parametrize("edge", ["edge", "teal-mid", "accent"])
@pytest.mark.parametrize("ground", ["white", "ground"])
def test_edges_and_icons_can_be_seen(edge: str, ground: str) -> None:
    assert contrast(PALETTE[edge], PALETTE[ground]) >= 3
