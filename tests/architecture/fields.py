"""Every name that the product reads from a form or a query, found in its code, and the list that says what each one is.

`data/fields.csv` has a row for each name. `names` is a dash when the value names no thing; otherwise the tables whose
ids it may hold, or the column of a reference that somebody types, such as `people.council_reference`.
"""

import ast
import csv
import re
from pathlib import Path

from marketplace.planning.estimates.needs import PARTS
from tests.architecture.files import PACKAGES, ROOT, templates

FILE = Path(__file__).parent / "data" / "fields.csv"
NOTHING = "–"
_IN_PAGE = re.compile(r'<(?:input|select|textarea|button)\b[^>]*?\sname="([^"]*)"')
_READ = frozenset({"args", "form", "values", "files"})
_WITHOUT = ("stripe_sandbox", "demo", "bench")
_ID = re.compile(r"\d+")
MADE = frozenset((*(part.key for part in PARTS), "day", "relationship"))
"""Names that are made while a form or a page is: of the questions of a needs form, by a macro, by a function."""


def listed() -> dict[str, frozenset[str]]:
    """What each name may hold: nothing that names a thing, or these tables and references."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {row["field"]: frozenset(row["names"].split()) - {NOTHING} for row in rows}
    if len(found) != len(rows) or not all(row["names"] for row in rows):
        raise ValueError("each field once, and with what it names")
    return found


def kinds_of(name: str, known: dict[str, frozenset[str]]) -> frozenset[str] | None:
    """What a name may hold; None when the list does not know it. Numbers in names and what a code is
    for stand as a star, parts of dates belong to their date.
    """
    plain = re.sub(r"^code_.*", "code_*", _ID.sub("*", name))
    for candidate in (name, plain, re.sub(r"-(day|month|year)$", "", name)):
        if candidate in known:
            return known[candidate]
    return None


def _modules() -> list[ast.Module]:
    return [
        ast.parse(text)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not any(part in _WITHOUT for part in path.parts)
        and ("request." in (text := path.read_text(encoding="utf-8")) or "Field(" in text)
    ]


def in_code() -> set[str]:
    """Names of fields of forms, and names that are read from a request by themselves."""
    found = set(MADE)
    for module in _modules():
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef):
                found |= _fields_of(node)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if _is_read(node.func.value) and node.args:
                    found |= _literal(node.args[0])
            elif isinstance(node, ast.Subscript) and _is_read(node.value):
                found |= _literal(node.slice)
            elif isinstance(node, ast.Compare) and _is_read(node.comparators[0]):
                found |= _literal(node.left)
    return found


def _is_read(node: ast.expr) -> bool:
    """Whether this is what came with a request, such as `request.args`."""
    return isinstance(node, ast.Attribute) and node.attr in _READ and getattr(node.value, "id", "") == "request"


def _fields_of(node: ast.ClassDef) -> set[str]:
    found = set()
    for each in node.body:
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Call):
            called = each.value.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name.endswith("Field"):
                found |= {target.id for target in each.targets if isinstance(target, ast.Name)}
    return found


def _literal(node: ast.expr) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def in_pages() -> set[str]:
    """Names that a template writes itself; those that it puts together are found when the page is opened."""
    return {
        name
        for path in templates()
        for name in _IN_PAGE.findall(path.read_text(encoding="utf-8"))
        if "{" not in name and name != "csrf_token"
    }
