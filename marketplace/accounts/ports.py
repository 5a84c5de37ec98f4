"""What accounts need from packages above them: joined in `marketplace.app`, one set for each application."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask, current_app

if TYPE_CHECKING:
    from marketplace.accounts.decisions import Decisions

_KEY = "accounts_ports"


@dataclass
class Ports:
    """Each is a plain function, or nothing when the package above is not there.

    `ensure_person(user_id) -> person_id` makes the person of somebody who buys for themselves; doing so twice is
    harmless. `is_person(user_id)` says whether there is one. `on_sign_in(user_id)` runs after each sign-in, such as to
    merge a basket filled before it. `basket_count()` is the number of things in the basket of this request.
    `manages_people(user_id)` says whether somebody holds a live mandate for another person. `levy_on(pence)` is the
    levy in pence on a sale at the ordinary rate. Each of `decisions` says what waits for an actor's yes or no.
    """

    ensure_person: Callable[[int], int] | None = None
    is_person: Callable[[int], bool] | None = None
    manages_people: Callable[[int], bool] | None = None
    levy_on: Callable[[int], int] | None = None
    basket_count: Callable[[], int | None] | None = None
    on_sign_in: list[Callable[[int], None]] = field(default_factory=list)
    decisions: "list[Decisions]" = field(default_factory=list)


def join(app: Flask, ports: Ports) -> None:
    """Give an application its ports. Without a call to this it has none."""
    app.extensions[_KEY] = ports


def ports() -> Ports:
    """The ports of the running application."""
    joined: Ports = current_app.extensions.setdefault(_KEY, Ports())
    return joined
