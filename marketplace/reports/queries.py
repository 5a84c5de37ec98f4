"""Load a council's report: a fixed number of queries, however many lines were bought."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from catalogue.domain import Unit
from catalogue.queries.categories import categories_by_slug
from catalogue.queries.misses import Missed, list_missed
from catalogue.words import UNITS
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import CouncilView, list_councils, organisations_by_id
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.rails import Rail
from marketplace.places_data import asc_council_for, list_outcodes
from marketplace.reports.building import build
from marketplace.reports.domain import Dimension, Narrowed, Period, Report
from marketplace.reports.suppression import FEWEST
from marketplace.ui.filters import month_name
from payments.queries.purchases import list_bought
from payments.words import RAIL_NAMES

READERS = (Role.COMMISSIONER, Role.AUDITOR, Role.COUNCIL_FINANCE)


@dataclass(frozen=True)
class Asked:
    """What a page asks for: a council, a period, and what to narrow to."""

    council: CouncilView
    period: Period
    category: str | None = None
    rail: str | None = None
    area: str | None = None

    @property
    def narrowed(self) -> Narrowed:
        values: dict[Dimension, Hashable] = {}
        if self.period.month is not None:
            values[Dimension.MONTH] = self.period.month
        for dimension, value in (
            (Dimension.CATEGORY, self.category),
            (Dimension.RAIL, self.rail),
            (Dimension.AREA, self.area),
        ):
            if value is not None:
                values[dimension] = None if value == NOT_KNOWN else value
        return values


NOT_KNOWN = "not-known"
"""How the address names the area of people whose postcode is not known."""


@dataclass(frozen=True)
class Names:
    """What values of each dimension are called."""

    period: Period
    categories: Mapping[str, str]
    providers: Mapping[int, str]

    def of(self, dimension: Dimension, value: Hashable) -> str:
        """The name of a value, as a row of a table begins."""
        match dimension:
            case Dimension.MONTH:
                return month_name(self.period.months[int(str(value))])
            case Dimension.CATEGORY:
                return self.categories.get(str(value), str(value))
            case Dimension.PROVIDER:
                return self.providers.get(int(str(value)), "A provider that has gone")
            case Dimension.RAIL:
                return RAIL_NAMES[Rail(str(value))]
            case Dimension.AREA:
                return "Not known" if value is None else str(value)

    def per(self, unit: str) -> str:
        """`an hour`."""
        return UNITS[Unit(unit)].per


@dataclass(frozen=True)
class CouncilReport:
    """A report with what its values are called, and what was looked for and not found."""

    asked: Asked
    report: Report
    names: Names
    missed: tuple[Missed, ...]
    missed_anywhere: tuple[Missed, ...]


def list_readable_councils(actor: Actor) -> list[CouncilView]:
    """Councils whose reports the actor may read, by name: their own; the operator, those that have joined."""
    if actor.has(Role.OPERATOR):
        return list_councils(joined_only=True)
    own = set(actor.council_ids(*READERS))
    return [council for council in list_councils() if council.id in own] if own else []


def choose_council(councils: list[CouncilView], asked: str | None) -> CouncilView:
    """The council that an address asks for, of those that may be read; the first without one. Raises NotFound."""
    for council in councils:
        if not asked or str(council.id) == asked:
            return council
    raise NotFound()


def load_report(asked: Asked) -> CouncilReport:
    """Everything that the pages and exports of a report show."""
    period = asked.period
    purchases = list(list_bought(asked.council.id, period.bounds))
    report = build(purchases, asked.narrowed, Rail.OWN_MONEY)
    providers = organisations_by_id({each.organisation_id for each in purchases})
    categories = {slug: category.name for slug, category in categories_by_slug().items()}
    last = min(period.last_day, clock.today())
    return CouncilReport(
        asked=asked,
        report=report,
        names=Names(period, categories, {number: row.name for number, row in providers.items()}),
        missed=tuple(_missed(outcodes_of(asked.council.gss_code), period.first_day, last)),
        missed_anywhere=tuple(_missed(("",), period.first_day, last)),
    )


def _missed(outcodes: tuple[str, ...], first: date, last: date) -> list[Missed]:
    return list_missed(outcodes, first, last, least=FEWEST)


@cache
def outcodes_of(gss_code: str) -> tuple[str, ...]:
    """Outcodes most of whose postcodes lie in a council, by outcode. Wales and Scotland are nobody's here."""
    return tuple(
        each.outcode
        for each in list_outcodes()
        if each.council_gss and each.council_gss.startswith("E") and asc_council_for(each.council_gss).gss == gss_code
    )
