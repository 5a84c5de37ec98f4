"""Who is in the demo, by the names under which the rest of it asks for them."""

from dataclasses import dataclass, field

from marketplace.accounts.domain import Actor
from marketplace.accounts.queries import actor_of

DARLINGTON, DURHAM = "E06000005", "E06000047"


@dataclass
class Folk:
    """Ids: councils by GSS code, organisations and people by name, users by the first part of their address."""

    councils: dict[str, int] = field(default_factory=dict)
    organisations: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    pots: dict[str, int] = field(default_factory=dict)
    """The pot and period of a person, by the person's name."""
    _actors: dict[str, Actor] = field(default_factory=dict)

    def actor(self, user: str) -> Actor:
        """A user as services want them. Asked for only when every membership stands."""
        if user not in self._actors:
            self._actors[user] = actor_of(self.users[user])
        return self._actors[user]

    def member_of(self, provider: str) -> Actor:
        """Whoever answers orders for a provider."""
        return self.actor(first_part(provider))


def first_part(name: str) -> str:
    """`dales-home-care` for "Dales Home Care": the first part of somebody's address at demo.example."""
    return "".join(c for c in name.lower().replace(" ", "-") if c.isalnum() or c == "-").strip("-")


_STREETS = ("Larkspur Row", "Teasel Bank", "Skylark Close", "Pinfold Green", "Quince Street", "Bellflower Road")


def home_of(name: str) -> tuple[str, str]:
    """The telephone number and the address of somebody invented, always the same; the postcode says which town."""
    number = sum((place + 3) * ord(letter) for place, letter in enumerate(name))
    return f"01632 960 {400 + number % 400}", f"{3 + number % 90} {_STREETS[number % len(_STREETS)]}"


def reference_of(name: str) -> str:
    """The council's own reference of a person, always the same: letters of the name and a number."""
    first, _, last = name.partition(" ")
    number = sum((place + 1) * ord(letter) for place, letter in enumerate(name)) % 10_000
    return f"{first[0]}{last[0]}-{number:04d}"
