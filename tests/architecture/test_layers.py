"""Layers: upper packages import lower ones only, and nobody reaches into another's tables."""

from collections.abc import Iterator
from copy import deepcopy

import grimp
import pytest
from importlinter.application import use_cases
from importlinter.application.user_options import UserOptions
from importlinter.configuration import configure
from importlinter.domain.contract import Contract, registry

from tests.architecture.files import PACKAGES, ROOT

configure()


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def contracts() -> list[Contract]:
    options = use_cases.read_user_options(config_filename=str(ROOT / "pyproject.toml"))
    use_cases._register_contract_types(options)
    return list(_contracts(options))


def _contracts(options: UserOptions) -> Iterator[Contract]:
    for each in options.contracts_options:
        kind = registry.get_contract_class(each["type"])
        yield kind(name=each["name"], session_options=options.session_options, contract_options=each)


def broken(graph: grimp.ImportGraph, contracts: list[Contract]) -> list[str]:
    return [contract.name for contract in contracts if not contract.check(deepcopy(graph), verbose=False).kept]


def test_every_contract_is_kept(graph: grimp.ImportGraph, contracts: list[Contract]) -> None:
    assert len(contracts) >= 14
    assert broken(graph, contracts) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("marketplace.kernel.money", "marketplace.database"),
        ("marketplace.kernel.money", "flask"),
        ("marketplace.kernel.clock", "sqlalchemy"),
        ("marketplace.accounts.domain", "budgets.domain"),
        ("marketplace.ui.forms", "marketplace.accounts.queries"),
        ("marketplace.audit.services", "marketplace.accounts.queries"),
        ("budgets.services.book", "catalogue.queries.listings"),
        ("catalogue.queries.listings", "budgets.domain"),
        ("budgets.services.book", "payments.domain"),
        ("payments.services.orders", "ratings.services"),
        ("payments.levy", "flask"),
        ("payments.domain", "sqlalchemy"),
        ("payments.services.orders", "budgets.models"),
        ("ratings.services", "payments.models"),
        ("marketplace.reports", "payments.models"),
        ("marketplace.desk", "marketplace.outbox.models"),
        ("catalogue.services.places", "marketplace.accounts.models"),
        ("budgets.queries.people", "marketplace.audit.models"),
        ("payments.services.orders", "catalogue.models"),
        ("marketplace.reports", "ratings.models"),
        ("marketplace.reports", "marketplace.desk"),
        ("marketplace.desk", "marketplace.app"),
        ("marketplace.stripe_sandbox.money", "marketplace.kernel.money"),
        ("payments.services.orders", "marketplace.stripe_sandbox"),
    ],
)
def test_an_import_against_the_layers_is_caught(
    graph: grimp.ImportGraph, contracts: list[Contract], importer: str, imported: str
) -> None:
    changed = deepcopy(graph)
    assert importer in changed.modules, "the example names a module that is there"
    if imported not in changed.modules:
        changed.add_module(imported, is_squashed=True)
    changed.add_import(importer=importer, imported=imported)
    assert broken(changed, contracts)


def test_the_stripe_sandbox_imports_nothing_of_ours(graph: grimp.ImportGraph) -> None:
    own = "marketplace.stripe_sandbox"
    modules = {own} | graph.find_descendants(own)
    assert len(modules) > 10
    elsewhere = {
        (module, imported)
        for module in modules
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] in PACKAGES and imported not in modules
    }
    assert elsewhere == set()


ROOMS = {
    "routes": ("models",),
    "forms": ("models", "routes"),
    "domain": ("models", "queries", "services", "routes", "forms"),
    "models": ("queries", "services", "routes", "forms"),
    "queries": ("services", "routes", "forms"),
    "services": ("routes", "forms"),
}
"""What each room may not import from its own package: pages do not touch tables, and what decides knows no page."""
OWNERS = (
    "budgets",
    "catalogue",
    "payments",
    "ratings",
    "marketplace.accounts",
    "marketplace.desk",
    "marketplace.reports",
)


READS_ONLY = {"catalogue.queries.search imports catalogue.services.places"}
"""Locating a postcode writes nothing; it stands among the services because other packages call it there."""


def wrong_rooms(graph: grimp.ImportGraph) -> list[str]:
    found = []
    for owner in OWNERS:
        for room, not_from in ROOMS.items():
            root = f"{owner}.{room}"
            if root not in graph.modules:
                continue
            for module in {root} | graph.find_descendants(root):
                for imported in graph.find_modules_directly_imported_by(module):
                    if any(
                        imported == f"{owner}.{other}" or imported.startswith(f"{owner}.{other}.") for other in not_from
                    ):
                        found.append(f"{module} imports {imported}")
    return sorted(set(found) - READS_ONLY)


def test_every_room_imports_only_what_it_may(graph: grimp.ImportGraph) -> None:
    assert wrong_rooms(graph) == []


def test_a_page_that_touches_tables_is_caught(graph: grimp.ImportGraph) -> None:
    changed = deepcopy(graph)
    changed.add_import(importer="marketplace.accounts.routes.pages", imported="marketplace.accounts.models")
    assert wrong_rooms(changed) == ["marketplace.accounts.routes.pages imports marketplace.accounts.models"]
