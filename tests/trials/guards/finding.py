"""Every check of a right in the product, found in its source, and each one made so that it can be taken away.

A guard is one of:

- a refusal: `if <somebody has no right>: raise NotFound` (or another refusal, or `abort(404)`);
- a call: `check_officer(actor, …)`, `require_fresh()`: a statement whose whole sense is to refuse;
- a filter: an argument of a statement's `.where(…)` that names the actor;
- an answer: a function from an actor to yes or no;
- and in `budgets.queries.access`, where every right under a mandate comes from, each condition there is.

While a module is imported, each guard is wrapped so that `at.stands(n)` decides whether it counts. Statements that are
built once, when a module is read, are built again by `remake`.
"""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).parents[3]
PACKAGES = ("budgets", "payments", "catalogue", "ratings", "marketplace")
WITHOUT = ("marketplace.stripe_sandbox", "marketplace.demo", "marketplace.bench")
RIGHTS = "budgets.queries.access"
REFUSALS = frozenset({"NotFound", "NotAllowed", "AuthorityEnded", "OutsideMandate", "LineRefused"})
_OF_A_RIGHT = re.compile(
    r"\bactor\b|current_actor|\brights?\b|\baccess\b|standing|\bmandates?\b|\bmay_|\bcan_|is_officer|works_for"
    r"|_by_user_id|is_fresh|\bis_own\b|\bmine\b|\bown\b|\bowner\b|is_payer|has_live_look|still_acts|needs_sign_in"
    r"|rule is None|rule\.check|_is_over_all"
)
_CALL = re.compile(r"^_?(require|check)_?|^get_access|^get_rights")
_CALL_OF_A_RIGHT = re.compile(r"actor|require_fresh|require_preparer|_require_people")


class Board:
    """Which guards are taken away now, and which were asked since the last look."""

    def __init__(self) -> None:
        self.gone: frozenset[int] = frozenset()
        self.asked: set[int] = set()

    def stands(self, number: int) -> bool:
        self.asked.add(number)
        return number not in self.gone


at = Board()
names: list[str] = []
"""Guards by number: module, function, and words."""


def is_ours(module: str) -> bool:
    return module.split(".")[0] in PACKAGES and not module.startswith(WITHOUT)


def _called(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


BUILT_ONCE = ("budgets.queries.access", "payments.queries.frame")
"""Modules whose constants hold guards, each after those that it uses."""
_constants: dict[str, CodeType] = {}


def remake() -> None:
    """Build the constants of those modules again, with the guards that stand now."""
    for module in BUILT_ONCE:
        loaded = importlib.import_module(module)
        exec(_constants[module], loaded.__dict__)


class Wrapping(ast.NodeTransformer):
    """Wraps each guard of one module."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.where: list[str] = []
        self.answers: list[int | None] = []
        self.seen: dict[str, int] = {}

    def _number(self, kind: str, words: str) -> int:
        name = f"{self.module}:{'.'.join(self.where)}: {kind} {words}"
        self.seen[name] = self.seen.get(name, 0) + 1
        names.append(name if self.seen[name] == 1 else f"{name} ({self.seen[name]})")
        return len(names) - 1

    def _stands(self, kind: str, node: ast.AST) -> ast.Call:
        number = self._number(kind, " ".join(ast.unparse(node).split()))
        return ast.Call(ast.Name("__guard__", ast.Load()), [ast.Constant(number)], [])

    @property
    def _in_rights(self) -> bool:
        return self.module == RIGHTS

    def _scope(self, node: Any) -> Any:
        self.where.append(node.name)
        self.generic_visit(node)
        self.where.pop()
        return node

    visit_ClassDef = _scope
    visit_AsyncFunctionDef = _scope

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        takes_actor = any(argument.arg == "actor" for argument in node.args.args)
        is_answer = takes_actor and node.returns is not None and ast.unparse(node.returns) == "bool"
        self.where.append(node.name)
        self.answers.append(self._number("answer", "yes") if is_answer else None)
        self.generic_visit(node)
        self.answers.pop()
        self.where.pop()
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        number = self.answers[-1] if self.answers else None
        if number is not None and node.value is not None:
            stands = ast.Call(ast.Name("__guard__", ast.Load()), [ast.Constant(number)], [])
            node.value = ast.IfExp(stands, node.value, ast.Constant(True))
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        last, words = node.body[-1], ast.unparse(node.test)
        refuses = (isinstance(last, ast.Raise) and last.exc is not None and _called(last.exc) in REFUSALS) or (
            isinstance(last, ast.Expr) and _called(last.value) == "abort"
        )
        hides = self._in_rights and isinstance(last, ast.Return) and ast.unparse(last) in ("return None", "return []")
        stands = self._stands("if", node.test) if (refuses and _OF_A_RIGHT.search(words)) or hides else None
        self.generic_visit(node)
        if stands is not None:
            node.test = ast.BoolOp(ast.And(), [node.test, stands])
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        stands = self._stands("if", node.test) if self._in_rights else None
        self.generic_visit(node)
        if stands is not None:
            node.test = ast.BoolOp(ast.And(), [node.test, stands])
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        words, called = ast.unparse(node), _called(node.value)
        is_call = isinstance(node.value, ast.Call) and _CALL.match(called) and _CALL_OF_A_RIGHT.search(words)
        stands = self._stands("call", node) if is_call else None
        self.generic_visit(node)
        return ast.If(stands, [node], []) if stands is not None else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = _called(node)
        filters = called == "where" or (called == "and_" and self._in_rights)
        found = [
            self._stands("filter", argument)
            if filters
            and not isinstance(argument, ast.Starred)
            and (self._in_rights or re.search(r"\bactor\b", ast.unparse(argument)))
            else None
            for argument in node.args
        ]
        self.generic_visit(node)
        for place, stands in enumerate(found):
            if stands is not None:
                anything = ast.Call(ast.Name("__anything__", ast.Load()), [], [])
                node.args[place] = ast.IfExp(stands, node.args[place], anything)
        return node


def wrap(module: str, source: bytes | str) -> ast.Module:
    """The module with each of its guards wrapped, and their names added to `names`."""
    return ast.fix_missing_locations(Wrapping(module).visit(ast.parse(source)))


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = wrap(fullname, self.get_data(path))
        if fullname in BUILT_ONCE:
            constants: list[ast.stmt] = [each for each in tree.body if isinstance(each, ast.Assign)]
            _constants[fullname] = compile(ast.Module(constants, []), path, "exec", dont_inherit=True)
        return compile(tree, path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if not is_ours(fullname):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path)
        return spec


def install() -> None:
    """From now on every module of the product is imported with its guards wrapped."""
    import builtins

    from sqlalchemy import true

    loaded = [name for name in sys.modules if is_ours(name)]
    if loaded:
        raise RuntimeError(f"too late: {loaded[0]} is imported already")
    builtins.__guard__ = at.stands  # type: ignore[attr-defined]
    builtins.__anything__ = true  # type: ignore[attr-defined]
    sys.meta_path.insert(0, _Finder())


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the product, with its file."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if is_ours(module):
                yield module, path


def all_guards() -> list[str]:
    """The names of all guards there are, read from the source."""
    names.clear()
    for module, path in modules():
        wrap(module, path.read_text(encoding="utf-8"))
    found = list(names)
    names.clear()
    return found
