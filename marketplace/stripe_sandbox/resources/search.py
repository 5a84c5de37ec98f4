"""Search by exact words: `metadata['order']:'17' AND status:'succeeded'`. Unlike Stripe's, it finds at once.

Source: https://docs.stripe.com/search#search-query-language
"""

import re
from typing import Any

from ..context import Context, endpoint
from ..errors import missing, not_valid
from ..params import Params
from ..rendering import public

Json = dict[str, Any]

CLAUSE = re.compile(r"""(?:metadata\[(['"])(?P<key>[^'"\]]+)\1\]|(?P<field>[a-z_]+)):\s*(['"]?)(?P<value>[^'"]*)\4""")
FIELDS = {
    "payment_intent": ("amount", "currency", "customer", "status", "transfer_group"),
    "charge": ("amount", "currency", "customer", "status", "transfer_group", "payment_intent"),
    "customer": ("email", "name", "phone"),
}


def conditions(query: str, type_name: str) -> list[tuple[str, Any]]:
    """A query as tests on the stored objects."""
    tests: list[tuple[str, Any]] = []
    for clause in re.split(r"\s+AND\s+", query.strip(), flags=re.IGNORECASE):
        match = CLAUSE.fullmatch(clause.strip())
        if match is None or not (match["key"] or match["field"] in FIELDS[type_name]):
            raise not_valid(f"We were unable to parse your search query: {clause}", "query")
        if match["key"]:
            found = f"""json_extract(body, '$.metadata."{match["key"].replace("'", "''")}"')"""
        else:
            found = f"json_extract(body, '$.{match['field']}')"
        tests.append((f"CAST({found} AS TEXT) = ?", match["value"]))
    return tests


def _search(ctx: Context, params: Params, type_name: str, url: str) -> Json:
    query = params.text("query")
    if query is None:
        raise missing("query")
    limit = min(params.integer("limit", 10, least=1) or 10, 100)
    tests = conditions(query, type_name)
    place = params.integer("page")
    if place is not None:
        tests.append(("seq < ?", place))
    found = ctx.tx.select(type_name, ctx.account, conditions=tests, limit=limit + 1)
    more = len(found) > limit
    found = found[:limit]
    return {
        "object": "search_result",
        "data": [public(ctx, item) for item in found],
        "has_more": more,
        "next_page": str(ctx.tx.sequence_of(found[-1]["id"])) if more else None,
        "url": url,
    }


@endpoint("GET", "payment_intents/search", "query limit page")
def search_intents(ctx: Context, params: Params) -> Json:
    """Payment intents by metadata, status, customer, amount."""
    return _search(ctx, params, "payment_intent", "/v1/payment_intents/search")


@endpoint("GET", "charges/search", "query limit page")
def search_charges(ctx: Context, params: Params) -> Json:
    """Charges by metadata, status, customer, amount."""
    return _search(ctx, params, "charge", "/v1/charges/search")


@endpoint("GET", "customers/search", "query limit page")
def search_customers(ctx: Context, params: Params) -> Json:
    """Customers by metadata, e-mail address, name."""
    return _search(ctx, params, "customer", "/v1/customers/search")
