"""The main menu, the account and the basket at the top of each page: what this visitor can open, and nothing else.

Links name the stable addresses of the site. One that this installation does not serve, or that the visitor may not
open, is left out, so that no link is dead.
"""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Flask, current_app, request

from marketplace.accounts.access import Rule, current_actor
from marketplace.accounts.domain import Actor, JoinedAs, Role
from marketplace.accounts.ports import Frame, ports
from marketplace.accounts.queries import joined_as

MOST_ITEMS = 6
_HIDDEN_ON = ("/sign-in", "/register", "/verify", "/forgotten-password", "/reset-password", "/invitation", "/account")


class Item(NamedTuple):
    text: str
    path: str


SEARCH = Item("Find help", "/search")
ORDERS = Item("My orders", "/orders")
MONEY = Item("My money", "/budgets")
MY_PAGE = Item("My page", "/people/me")
RECORD = Item("Record", "/council/record")
STANDS_OUT = Item("What stands out", "/council/monitoring")
APPROVALS = Item("Approvals", "/approvals")
CASELOAD = Item("Caseload", "/caseload")
REPORTS = Item("Reports", "/reports")
AUTHORITIES = Item("Authorities", "/council/mandates")
SELF_CHECK = Item("Check for yourself", "/tools")

OF_ROLE: dict[Role, tuple[Item, ...]] = {
    Role.PROVIDER: (Item("My business", "/provider"),),
    Role.BUDGET_MANAGER: (CASELOAD, APPROVALS),
    Role.SUPPORT_PLANNER: (CASELOAD,),
    Role.TEAM_LEAD: (Item("My team", "/team"),),
    Role.SOCIAL_WORKER: (CASELOAD, APPROVALS, AUTHORITIES),
    Role.ACCESS_POINT_WORKER: (Item("Help somebody order", "/assisted"),),
    Role.COMMISSIONER: (REPORTS,),
    Role.COUNCIL_FINANCE: (
        Item("Budgets", "/council/budgets"),
        Item("Settlement", "/council/settlement"),
        STANDS_OUT,
        APPROVALS,
        Item("Self-checks", "/council/self-checks"),
    ),
    Role.AUDITOR: (
        REPORTS,
        Item("Budgets", "/council/budgets"),
        Item("Settlement", "/council/settlement"),
        STANDS_OUT,
        RECORD,
    ),
    Role.FUND_FINANCE: (Item("Settlement", "/council/settlement"), APPROVALS),
    Role.SAFEGUARDING_LEAD: (AUTHORITIES,),
    Role.CATALYST: (),
    Role.OPERATOR: (Item("Desk", "/desk"), Item("Organisations", "/organisations"), REPORTS, APPROVALS),
}
"""What each role works with, its start page first."""
EVERYBODY = (SEARCH,)
VISITOR = (SEARCH, SELF_CHECK, Item("How it works", "/help"), Item("For providers", "/help/for-providers"))
BUYER = (SEARCH, ORDERS, MONEY, MY_PAGE)


def items_for(actor: Actor, frame: Frame) -> list[Item]:
    """The main menu of an actor, the work of their roles first, without what cannot be opened."""
    if not actor.is_signed_in:
        wanted: list[Item] = list(VISITOR)
    else:
        wanted = [item for role in Role if role in actor.roles for item in OF_ROLE[role]]
        wanted += EVERYBODY if actor.roles else BUYER
        if actor.roles and frame.is_person:
            wanted += [ORDERS, MONEY, MY_PAGE]
        elif not actor.roles and frame.manages_people:
            wanted.insert(1, CASELOAD)
    return [item for item in dict.fromkeys(wanted) if can_open(item.path, actor)][:MOST_ITEMS]


def start_page(actor: Actor) -> str:
    """Where somebody's work begins after signing in."""
    for role in Role:
        if role in actor.roles:
            for item in OF_ROLE[role]:
                if can_open(item.path, actor):
                    return item.path
    return "/"


def first_page(actor: Actor, user_id: int) -> str:
    """Where somebody goes who has just signed in: to their work, and new providers on to tell about themselves."""
    if not actor.roles and joined_as(user_id) is JoinedAs.PROVIDER and can_open("/provider/join", actor):
        return "/provider/join"
    return start_page(actor)


def can_open(path: str, actor: Actor) -> bool:
    """Whether this installation serves `path` and its rule lets the actor in."""
    endpoint = _endpoints().get(path)
    rule: Rule | None = getattr(current_app.view_functions.get(endpoint or ""), "access_rule", None)
    return rule is not None and (not rule.needs_sign_in or (actor.is_signed_in and rule.check(actor)))


def _endpoints() -> dict[str, str]:
    """Endpoints by address, of addresses without variables that are opened with GET."""
    known: dict[str, str] | None = current_app.extensions.get("accounts_endpoints")
    if known is None:
        known = {
            rule.rule: rule.endpoint
            for rule in current_app.url_map.iter_rules()
            if not rule.arguments and rule.methods and "GET" in rule.methods
        }
        current_app.extensions["accounts_endpoints"] = known
    return known


def _context() -> dict[str, Any]:
    actor = current_actor()
    path = request.path
    frame = ports().frame()
    items = items_for(actor, frame)
    here = max((item.path for item in items if _is_within(path, item.path)), key=len, default=None)
    return {
        "navigation": [{"text": item.text, "href": item.path, "active": item.path == here} for item in items],
        "account": {"name": actor.name, "href": "/account", "sign_out_href": "/sign-out"}
        if actor.is_signed_in
        else None,
        "sign_in_href": _sign_in_href(path),
        "basket_count": frame.basket_count if can_open("/basket", actor) else None,
    }


def _is_within(path: str, start: str) -> bool:
    return path == start or path.startswith(start + "/")


def _sign_in_href(path: str) -> str:
    if path == "/" or request.method != "GET" or path.startswith(_HIDDEN_ON):
        return "/sign-in"
    return "/sign-in?" + urlencode({"next": request.full_path.rstrip("?")})


def init_app(app: Flask) -> None:
    app.context_processor(_context)
