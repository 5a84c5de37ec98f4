"""Read what the self-assessment tools work with: a council's table and figures, and the needs forms of an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council
from marketplace.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.figures import Figure, FigureKey, figures_on
from marketplace.planning.estimates.needs import Needs
from marketplace.planning.estimates.points import PointsTable, example_table, read_table
from marketplace.planning.models import CouncilFigure, NeedsForm, PointsSheets


@dataclass(frozen=True)
class TableView:
    """A table of points and pounds: a council's, or the example (`id` 0) where it has none."""

    id: int
    table: PointsTable
    council: str | None = None
    version: int = 0
    starts_on: date | None = None

    @property
    def is_example(self) -> bool:
        return self.id == 0


def points_table_of(council_id: int | None) -> TableView:
    """The table that a council uses today, or the example."""
    row = None
    if council_id is not None:
        row = db.session.execute(
            select(PointsSheets)
            .where(PointsSheets.council_id == council_id, PointsSheets.starts_on <= clock.today())
            .order_by(PointsSheets.starts_on.desc(), PointsSheets.version.desc())
            .limit(1)
        ).scalar_one_or_none()
    if row is None:
        return TableView(0, example_table())
    return TableView(row.id, _table(row), get_council(row.council_id).name, row.version, row.starts_on)


def _table(row: PointsSheets) -> PointsTable:
    table, *errors = read_table(row.questions, row.pounds)
    if table is None:
        raise ValueError(f"points table {row.id} cannot be read: {errors}")
    return table


@dataclass(frozen=True)
class SheetsView:
    """A version of a council's table as it was pasted."""

    version: int
    starts_on: date
    questions: str
    pounds: str
    set_by_user_id: int
    set_at: datetime


def list_sheets(council_id: int) -> list[SheetsView]:
    """Every version of a council's table, the newest first."""
    rows = db.session.execute(
        select(PointsSheets).where(PointsSheets.council_id == council_id).order_by(PointsSheets.version.desc())
    ).scalars()
    return [
        SheetsView(row.version, row.starts_on, row.questions, row.pounds, row.set_by_user_id, row.set_at)
        for row in rows
    ]


def figures_for(council_id: int | None, day: date) -> dict[FigureKey, Figure]:
    """The figures of a day, a council's own where it has set any."""
    return figures_on(day, own_figures(council_id, day).values() if council_id is not None else ())


def own_figures(council_id: int, day: date) -> dict[FigureKey, Figure]:
    """What a council has set for a day; of two with the same first day the one that was set last."""
    rows = db.session.execute(
        select(CouncilFigure)
        .where(CouncilFigure.council_id == council_id, CouncilFigure.starts_on <= day)
        .order_by(CouncilFigure.starts_on, CouncilFigure.id)
    ).scalars()
    last = {row.key: row for row in rows}
    name = get_council(council_id).name if last else ""
    return {
        key: Figure(key, row.pence, row.starts_on, None, row.source, True, set_by=name)
        for key, row in last.items()
        if row.pence is not None
    }


def my_councils(actor: Actor) -> dict[int, str]:
    """The councils whose table and figures the actor sets, by id. Raises NotFound for somebody with none."""
    ids = dict.fromkeys(actor.council_ids(Role.COUNCIL_FINANCE))
    if not ids:
        raise NotFound
    return {council_id: get_council(council_id).name for council_id in ids}


@dataclass(frozen=True)
class NeedsView:
    id: int
    needs: Needs
    changed_at: datetime


def list_needs_forms(user_id: int) -> list[NeedsView]:
    """What somebody keeps, the last changed first."""
    rows = db.session.execute(
        select(NeedsForm).where(NeedsForm.user_id == user_id).order_by(NeedsForm.changed_at.desc(), NeedsForm.id.desc())
    ).scalars()
    return [_needs(row) for row in rows]


def get_needs_form(actor: Actor, form_id: int) -> NeedsView:
    """A form of the actor's own. Raises NotFound for anybody else's."""
    row = db.session.execute(select(NeedsForm).where(NeedsForm.id == form_id, is_own(actor))).scalar_one_or_none()
    if row is None:
        raise NotFound
    return _needs(row)


def is_own(actor: Actor) -> ColumnElement[bool]:
    """That a needs form is the actor's own; nobody's is, for whoever is not signed in."""
    return NeedsForm.user_id == actor.user_id


def _needs(row: NeedsForm) -> NeedsView:
    words: Mapping[str, str] = row.words
    return NeedsView(row.id, Needs(row.name, dict(words)), row.changed_at)
