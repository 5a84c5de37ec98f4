"""Files stay short, pages share one frame, and the source speaks of itself alone."""

import re
from pathlib import Path

import pytest

from tests.architecture.files import PACKAGES, ROOT, templates, written_files

MOST_LINES = 400
GENERATED = {
    *(f"migrations/versions/0001{part}.py" for part in ("_tables_1", "b_tables_2", "c_tables_3")),  # by Alembic
    "marketplace/ui/build/package-lock.json",  # written by npm
}
_EXTENDS = re.compile(r"""\{%-?\s*extends\s+["']([^"']+)["']""")


def too_long(paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in paths
        if path.suffix in (".py", ".html", ".js", ".mjs", ".scss", ".md")
        and str(path.relative_to(ROOT)) not in GENERATED
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    ]


def test_no_file_is_longer_than_400_lines() -> None:
    files = list(written_files())
    assert len(files) > 200
    assert too_long(files) == []


def test_a_file_of_401_lines_is_found() -> None:
    path = ROOT / "tests" / "architecture" / f"_long_{id(object())}.py"
    path.write_text("pass\n" * (MOST_LINES + 1))
    try:
        assert len(too_long([path])) == 1
    finally:
        path.unlink()


def without_frame(paths: list[Path]) -> list[str]:
    """Templates that neither stand in the site's frame nor are parts: those begin with `_`, or hold macros alone."""
    by_name = {str(path).partition("/templates/")[2]: path for path in paths}
    found = []
    for name, path in by_name.items():
        parent: str | None = name
        for _ in range(5):
            text = by_name[parent].read_text(encoding="utf-8") if parent in by_name else ""
            extends = _EXTENDS.search(text)
            parent = extends[1] if extends else None
            if parent is None or parent == "ui/base.html":
                break
        if parent != "ui/base.html" and not _is_a_part(path):
            found.append(name)
    return found


def _is_a_part(path: Path) -> bool:
    if path.name.startswith("_") or path.parent.name == "ui" or path.suffix != ".html":
        return True
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    outside = re.sub(r"\{%-?\s*macro\b.*?endmacro\s*-?%\}", "", text, flags=re.S)
    outside = re.sub(r"\{%-?\s*(from|import|set)\b.*?%\}", "", outside, flags=re.S)
    return not outside.strip()


def test_every_page_stands_in_the_one_frame() -> None:
    paths = list(templates())
    assert len(paths) > 20
    assert without_frame(paths) == []


def test_a_page_outside_the_frame_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "some"
    folder.mkdir(parents=True)
    (folder / "alone.html").write_text("<p>Alone</p>")
    (folder / "page.html").write_text('{% extends "some/between.html" %}')
    (folder / "between.html").write_text('{% extends "ui/base.html" %}')
    (folder / "_row.html").write_text("<p>A part</p>")
    (folder / "parts.html").write_text('{% from "x" import y %}{% macro z() %}<p>{% endmacro %}')
    assert without_frame(sorted(folder.iterdir())) == ["some/alone.html"]


_INLINE = re.compile(r"<style\b|\sstyle=[\"']|\son[a-z]+=[\"']|<script(?![^>]*\ssrc=)", re.I)


def inline_code(path: Path) -> list[str]:
    """Inline styles, scripts and handlers, which the content security policy would refuse without a word."""
    return [
        f"{path.name}:{number}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _INLINE.search(line)
    ]


def test_no_page_holds_inline_styles_or_scripts() -> None:
    assert [found for path in templates() for found in inline_code(path)] == []


@pytest.mark.parametrize(
    "line", ['<p style="x">', "<style>", '<a onclick="x()">', "<script>x()</script>", '<script type="module">']
)
def test_an_inline_style_or_script_is_found(tmp_path: Path, line: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(line)
    assert inline_code(path) == ["page.html:1"]
    path.write_text('<script type="module" src="/a.js"></script><p class="style">')
    assert inline_code(path) == []


def straight_apostrophes(text: str) -> list[str]:
    """Words of a page that are written with the apostrophe of a typewriter: pages say Margaret’s."""
    return re.findall(r"[\w}]'(?:s|t|re|ve|ll)\b", re.sub(r"\{#.*?#\}", "", text, flags=re.S))


def test_pages_have_one_apostrophe() -> None:
    assert {path.name: found for path in templates() if (found := straight_apostrophes(path.read_text("utf-8")))} == {}
    assert straight_apostrophes("<p>{{ name }}'s money isn't ours’</p>{# it's a note #}") == ["}'s", "n't"]


# Written in two halves, so that this file does not find itself.
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "Not" + "ImplementedError()", "lorem " + "ipsum")
ELSEWHERE = (
    "/wo" + "rk/main",
    "/wo" + "rk/shared",
    "/wo" + "rk/.",
    "/ro" + "ot/",
    "/ho" + "me/",
    "/Us" + "ers/",
    "pypi" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "pythonhosted" + ".org",
    "proxy.golang" + ".org",
    "issue" + "s show",
    "10." + "0.0.",
)
_WORD = re.compile("|".join(re.escape(word) for word in UNFINISHED[:4]))
_REFERENCES = re.compile(r"\b(issue|ticket|task|session) ?#?\d+\b", re.I)


def alien_words(path: Path) -> list[str]:
    """Words that say a thing is unfinished, and names of machines and places that are no part of the project."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if (
            re.search(rf"\b({_WORD.pattern})\b", line)
            or any(word in line for word in (*UNFINISHED[4:], *ELSEWHERE))
            or _REFERENCES.search(line)
        ):
            found.append(f"{path.name}:{number}: {line.strip()[:100]}")
    return found


def test_the_source_speaks_of_itself_alone() -> None:
    assert [found for path in written_files() for found in alien_words(path)] == []


@pytest.mark.parametrize(
    "line",
    [f"# {UNFINISHED[0]}: later", f"see {ELSEWHERE[1]}/x", f"https://{ELSEWHERE[6]}/simple", "as in iss" + "ue 3"],
)
def test_a_word_that_does_not_belong_is_found(tmp_path: Path, line: str) -> None:
    path = tmp_path / "module.py"
    path.write_text(line)
    assert len(alien_words(path)) == 1


def test_every_package_has_its_templates_under_its_own_name() -> None:
    """Two packages with a page of the same name would show each other's."""
    for path in templates():
        owner = next(part for part in path.relative_to(ROOT).parts if part not in ("marketplace",))
        inside = str(path).partition("/templates/")[2].split("/")[0]
        assert inside == owner, path
    assert PACKAGES
