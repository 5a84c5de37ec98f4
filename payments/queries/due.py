"""What one payer owes now: its lines by provider, the control totals, and which credits have to wait."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from payments.queries.bank_details import DetailsView


@dataclass(frozen=True)
class DueLine:
    """A funding part to settle, or (with `refund_id`) a credit for one that was settled before: then all is minus.

    With `pays_again_id` a line of an earlier run whose payment the bank returned: its net, without a levy.
    `split` is the gross by category.
    """

    funding_id: int
    refund_id: int | None
    order_id: int
    reference: str
    organisation_id: int
    provider_name: str
    person_name: str | None
    on: date
    gross_pence: int
    levy_pence: int
    pays_again_id: int | None = None
    split: Mapping[str, int] = field(default_factory=dict)

    @property
    def net_pence(self) -> int:
        return self.gross_pence - self.levy_pence

    @property
    def kind(self) -> str:
        """`sale`, `credit`, or `again` for what a bank returned."""
        if self.pays_again_id is not None:
            return "again"
        return "sale" if self.refund_id is None else "credit"


@dataclass(frozen=True)
class Remittance:
    """What one provider is paid in one run: its lines with the levy taken off."""

    organisation_id: int
    provider_name: str
    lines: tuple[DueLine, ...]

    @property
    def names_people(self) -> bool:
        """Whether its reader sees whom the provider helped: the operator does not."""
        return all(line.person_name is not None for line in self.lines)

    @property
    def gross_pence(self) -> int:
        return sum(line.gross_pence for line in self.lines)

    @property
    def levy_pence(self) -> int:
        return sum(line.levy_pence for line in self.lines)

    @property
    def net_pence(self) -> int:
        return sum(line.net_pence for line in self.lines)


@dataclass(frozen=True)
class Totals:
    """The control totals of a run: lines, gross, and what of it goes to providers and to the operator."""

    providers: tuple[Remittance, ...]

    @property
    def line_count(self) -> int:
        return sum(len(provider.lines) for provider in self.providers)

    @property
    def gross_pence(self) -> int:
        return sum(provider.gross_pence for provider in self.providers)

    @property
    def levy_pence(self) -> int:
        return sum(provider.levy_pence for provider in self.providers)

    @property
    def net_pence(self) -> int:
        return sum(provider.net_pence for provider in self.providers)


@dataclass(frozen=True)
class PayerDue:
    """What one payer would settle now: a council, or the holder of individual service funds.

    `held_back` are credits beyond what their provider or the operator is paid, and what a bank returned of the same
    parts of orders; `without_details` providers whom a payer by bank cannot
    pay yet. `details` is where each provider would be paid, `waiting` what some of them asked to have changed.
    """

    council_id: int
    payer_organisation_id: int | None
    payer_name: str
    totals: Totals
    held_back: tuple[DueLine, ...] = ()
    questioned: tuple[DueLine, ...] = ()
    without_details: tuple[Remittance, ...] = ()
    by_bank: bool = False
    details: Mapping[int, DetailsView] = field(default_factory=dict)
    waiting: Mapping[int, DetailsView] = field(default_factory=dict)
    operator: DetailsView | None = None

    @property
    def seen(self) -> str:
        """A fingerprint of what a run would hold and where it is paid: what is prepared is what was looked at."""
        lines = sorted(
            (line.funding_id, line.refund_id or 0, line.pays_again_id or 0, line.gross_pence, line.levy_pence)
            for part in self.totals.providers
            for line in part.lines
        )
        accounts = sorted((organisation_id, details.id) for organisation_id, details in self.details.items())
        return hashlib.sha256(repr((lines, accounts)).encode()).hexdigest()[:16]

    @property
    def lacks_operator(self) -> bool:
        """Whether there is a levy to pay by bank, and nobody knows where to."""
        return self.by_bank and self.totals.levy_pence > 0 and self.operator is None


def within_each_provider(
    lines: Iterable[DueLine], with_details: Collection[int] | None = None
) -> tuple[tuple[Remittance, ...], tuple[DueLine, ...]]:
    """Lines by provider, with the credits that nobody has to pay in for, and the lines that wait.

    A credit waits that is more than what its provider is paid, or that gives back more levy than the operator is paid.
    What a bank returned of the same funding part waits with it: what was given back is not paid again. Providers
    outside `with_details` (all have some when it is None) may be left out of the run, so no other leans on their levy.
    """
    left = list(lines)
    waiting: list[DueLine] = []
    while True:
        taken, held_back = _take_credits(left, with_details)
        again = _again_to_hold(taken, held_back)
        if not again:
            break
        waiting += again
        held_ids = {line.pays_again_id for line in again}
        left = [line for line in left if line.kind != "again" or line.pays_again_id not in held_ids]
    providers = tuple(
        Remittance(organisation_id, parts[0].provider_name, tuple(parts))
        for organisation_id, parts in sorted(taken.items())
    )
    return providers, (*held_back, *waiting)


def _take_credits(
    lines: list[DueLine], with_details: Collection[int] | None
) -> tuple[dict[int, list[DueLine]], list[DueLine]]:
    """Lines by provider with the credits that fit, one after the other, and those that do not."""
    taken: dict[int, list[DueLine]] = {}
    net: dict[int, int] = {}
    levy: dict[int | None, int] = {}
    held_back = []
    for line in sorted(lines, key=lambda each: each.kind == "credit"):
        provider = line.organisation_id
        pool = None if with_details is None or provider in with_details else provider
        net_after, levy_after = net.get(provider, 0) + line.net_pence, levy.get(pool, 0) + line.levy_pence
        if line.kind == "credit" and (net_after < 0 or levy_after < 0 or provider not in taken):
            held_back.append(line)
            continue
        taken.setdefault(provider, []).append(line)
        net[provider], levy[pool] = net_after, levy_after
    return taken, held_back


def _again_to_hold(taken: dict[int, list[DueLine]], held_back: list[DueLine]) -> list[DueLine]:
    """What a bank returned of parts whose credit waits; all of a provider's, when the rest would be below nothing."""
    parts = {line.funding_id for line in held_back}
    found = []
    for lines in taken.values():
        again = [line for line in lines if line.kind == "again"]
        held = [line for line in again if line.funding_id in parts]
        paid = sum(line.net_pence for line in lines if line.kind != "credit")
        found += held if paid >= sum(line.net_pence for line in held) else again
    return found
