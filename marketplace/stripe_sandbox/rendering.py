"""From what is stored to what is shown: private fields left out, lists cut into pages, identifiers expanded."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .errors import no_such, not_valid
from .ids import type_of
from .params import Params, encode_form
from .settings import PLATFORM_ACCOUNT

if TYPE_CHECKING:
    from .context import Context

Json = dict[str, Any]

# Fields worked out when an object is shown; each resource adds its own.
COMPUTED: dict[str, Callable[["Context", Json], Json]] = {}
# Lists that are shown only when asked for by `expand`.
INCLUDABLE: dict[tuple[str, str], Callable[["Context", Json], Json]] = {}
# Texts that look like identifiers but are no links.
NO_LINKS = {"id", "client_secret", "secret", "transfer_group", "url", "request"}
MAX_EXPAND_DEPTH = 4
OPTIONAL_LINKS = {"transfer", "dispute"}


def computed(type_name: str) -> Callable[[Callable[..., Json]], Callable[..., Json]]:
    """Declare fields that are worked out each time an object of this type is shown."""

    def declare(function: Callable[..., Json]) -> Callable[..., Json]:
        COMPUTED[type_name] = function
        return function

    return declare


def includable(type_name: str, name: str) -> Callable[[Callable[..., Json]], Callable[..., Json]]:
    """Declare a list that is shown only when asked for."""

    def declare(function: Callable[..., Json]) -> Callable[..., Json]:
        INCLUDABLE[type_name, name] = function
        return function

    return declare


def public(ctx: "Context", body: Json) -> Json:
    """The object without the sandbox's private fields (they begin with `_`), as a copy."""
    shown = {key: _copy(value) for key, value in body.items() if not key.startswith("_")}
    work_out = COMPUTED.get(str(body.get("object")))
    if work_out is not None:
        shown.update(work_out(ctx, body))
    return shown


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def list_of(ctx: "Context", items: list[Json], url: str, *, has_more: bool = False) -> Json:
    """A list object."""
    return {"object": "list", "data": [public(ctx, item) for item in items], "has_more": has_more, "url": url}


def page(
    ctx: "Context",
    params: Params,
    type_name: str,
    url: str,
    where: Json | None = None,
    *,
    conditions: list[tuple[str, Any]] | None = None,
    account: str | None = None,
) -> Json:
    """One page of a list, newest first, by `limit`, `starting_after`, `ending_before` and `created`.

    Of what is kept for the account of the request, or for another `account`.
    """
    limit = params.integer("limit", 10, least=1) or 10
    if limit > 100:
        raise not_valid("Limit must be between 1 and 100.", "limit", "parameter_invalid_integer")
    after, before = params.text("starting_after"), params.text("ending_before")
    if after and before:
        raise not_valid("You can only use one of starting_after and ending_before.", "starting_after")
    tests = [*(conditions or []), *_created(params)]
    for key, identifier, sign in (("starting_after", after, "<"), ("ending_before", before, ">")):
        if identifier:
            place = ctx.tx.sequence_of(identifier)
            if place is None:
                raise no_such(type_name, identifier, key, status=400)
            tests.append((f"seq {sign} ?", place))
    wanted = {key: value for key, value in (where or {}).items() if value is not None}
    found = ctx.tx.select(
        type_name, account or ctx.account, wanted, conditions=tests, oldest_first=bool(before), limit=limit + 1
    )
    has_more, found = len(found) > limit, found[:limit]
    if before:
        found.reverse()
    return list_of(ctx, found, url, has_more=has_more)


def v2_page(
    ctx: "Context",
    params: Params,
    type_name: str,
    url: str,
    show: Callable[[Json], Json],
    conditions: list[tuple[str, Any]] | None = None,
) -> Json:
    """One page of a list of version 2: the address of the next page takes the place of `has_more`."""
    limit = params.integer("limit", 20, least=1) or 20
    if limit > 100:
        raise not_valid("Limit must be between 1 and 100.", "limit", "parameter_invalid_integer")
    tests, after = list(conditions or []), params.text("page")
    if after:
        place = ctx.tx.sequence_of(after)
        if place is None:
            raise not_valid("Invalid page.", "page")
        tests.append(("seq < ?", place))
    found = ctx.tx.select(type_name, PLATFORM_ACCOUNT, conditions=tests, limit=limit + 1)
    more, found = len(found) > limit, found[:limit]
    rest = {name: value for name, value in params.values.items() if name != "page"}
    following = encode_form({**rest, "page": found[-1]["id"]}) if more else None
    return {
        "data": [show(item) for item in found],
        "next_page_url": f"{url}?{following}" if following else None,
        "previous_page_url": None,
    }


def _created(params: Params) -> list[tuple[str, Any]]:
    if not params.given("created"):
        return []
    if isinstance(params.values["created"], str):
        return [("created = ?", params.integer("created"))]
    bounds = params.child("created")
    bounds.allow(("gt", "gte", "lt", "lte"))
    signs = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    return [(f"created {signs[key]} ?", bounds.integer(key)) for key in bounds.values]


def expand(ctx: "Context", body: Json, paths: list[str]) -> Json:
    """Replace identifiers by the objects they name, such as `latest_charge.balance_transaction`."""
    for path in paths:
        names = path.split(".")
        depth = len(names) - (names[0] == "data")
        if depth > MAX_EXPAND_DEPTH:
            raise not_valid("You cannot expand more than 4 levels of a property.", "expand")
        _expand(ctx, body, names, path)
    return body


def _expand(ctx: "Context", node: Json, names: list[str], path: str) -> None:
    name, rest = names[0], names[1:]
    cannot = not_valid(f"This property cannot be expanded ({path}).", "expand")
    if (node.get("object"), name) in INCLUDABLE and name not in node:
        node[name] = INCLUDABLE[str(node["object"]), name](ctx, node)
    elif name not in node:
        # Fields such as a charge's `transfer` are left out while they are empty, and may be asked for all the same.
        if name in OPTIONAL_LINKS:
            return
        raise cannot
    value = node[name]
    if isinstance(value, str):
        linked = None if name in NO_LINKS or type_of(value) is None else ctx.tx.find(value)
        if linked is None:
            raise cannot
        value = node[name] = public(ctx, linked)
    if value is None:
        return
    inside = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in inside):
        raise cannot
    if not rest and any("object" not in item for item in inside):
        raise cannot
    if rest:
        for item in inside:
            _expand(ctx, item, rest, path)
