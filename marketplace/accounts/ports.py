"""What accounts need from packages above them: joined in `marketplace.app`, one set for each application."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from marketplace.accounts.decisions import Decisions

_KEY = "accounts_ports"


@dataclass(frozen=True)
class Frame:
    """What the frame of a page has to know of whoever looks at it.

    `is_person`: they can buy for themselves. `manages_people`: they hold a live mandate for another person.
    `basket_count` is the number of things in the basket of this request; None without one to look at.
    """

    is_person: bool = False
    manages_people: bool = False
    basket_count: int | None = None


@dataclass(frozen=True)
class Along:
    """What one statement reads along with whoever is signed in, so that the request need not ask for it again.

    `extend` adds columns of its own to a query that has the id of the user; `parameters()` are their values in this
    request; `keep(user_id, row, parameters)` is given the first row.
    """

    extend: "Callable[[Select[Any], ColumnElement[int]], Select[Any]]"
    parameters: Callable[[], dict[str, Any]]
    keep: Callable[[int, Any, dict[str, Any]], None]


@dataclass
class Ports:
    """Each is a plain function, or nothing when the package above is not there.

    `ensure_person(user_id) -> person_id` makes the person of somebody who buys for themselves; doing so twice is
    harmless. `frame()` is about the actor of this request; `along` is read with the sign-in that a request brings.
    `on_sign_in(user_id)` runs after each sign-in, such as to merge a basket filled before it. `levy_on(pence)` is the
    levy in pence on a sale at the ordinary rate, and `other_levies()` says where there is another: council, what is
    paid with, levy and from when. `on_renamed(user_id, name)` runs in the transaction in which somebody changes what we
    call them. Each of `decisions` says what waits for an actor's yes or no.
    """

    ensure_person: Callable[[int], int] | None = None
    frame: Callable[[], Frame] = Frame
    along: Along | None = None
    levy_on: Callable[[int], int] | None = None
    other_levies: Callable[[], Sequence[tuple[str, str, str, str]]] = tuple
    on_sign_in: list[Callable[[int], None]] = field(default_factory=list)
    on_renamed: list[Callable[[int, str], None]] = field(default_factory=list)
    decisions: "list[Decisions]" = field(default_factory=list)


def join(app: Flask, ports: Ports) -> None:
    """Give an application its ports. Without a call to this it has none."""
    app.extensions[_KEY] = ports


def ports() -> Ports:
    """The ports of the running application."""
    joined: Ports = current_app.extensions.setdefault(_KEY, Ports())
    return joined
