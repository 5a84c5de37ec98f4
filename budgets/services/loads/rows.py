"""What the steps of a load share: the row under its lock, the file's rows as budgets, figures in and out of the row."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import delete, func, select

from budgets.loading.columns import HEADINGS, BudgetRow, RefusedRow, columns_of, read_row
from budgets.loading.reading import Shape, heading_key, rows_below, shape_of
from budgets.loading.totals import Survey, survey
from budgets.models import BudgetLoad, BudgetLoadRefusal
from budgets.queries.planned_load import Judge, LoadFigures
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_council
from marketplace.bulk import batched, insert_many
from marketplace.database import db
from marketplace.kernel.errors import NotFound

CHUNK = 1000
AT_ONCE = 1000
"""Files up to here are checked and taken while the officer waits; longer ones by the worker."""
_LOCK = 0x4C4F4144
Rows = list[BudgetRow | RefusedRow]


class File:
    """A file of budgets that can be read: its columns are known."""

    def __init__(self, path: Path, mapped: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.shape = shape_in(path, mapped)
        self.columns = columns_of(self.shape.header, mapped)

    def survey(self) -> Survey:
        return survey(rows_below(self.path, self.shape), self.columns)

    def chunks(self, size: int = CHUNK) -> Iterator[Rows]:
        """Every row read, `size` at a time."""
        rows = (
            read_row(number, cells, self.columns)
            for number, cells, is_total in rows_below(self.path, self.shape)
            if not is_total
        )
        return batched(rows, size)

    def judge(self, council_id: int, repeated: frozenset[str], *, writes: bool) -> Judge:
        council = get_council(council_id)
        return Judge(council_id, (council.gss_code, council.name), repeated, writes=writes)


def shape_in(path: Path, mapped: Mapping[str, str] | None = None) -> Shape:
    """How a file is written, with the headings of a council's own map known. Raises UnreadableFile."""
    return shape_of(path, {*HEADINGS, *(heading_key(heading) for heading in (mapped or {}).values())})


def get_load(actor: Actor, load_id: int) -> BudgetLoad:
    """A load of a council whose finance the actor works in, to read. Raises NotFound for any other."""
    row = db.session.execute(
        select(BudgetLoad).where(
            BudgetLoad.id == load_id, BudgetLoad.council_id.in_(actor.council_ids(Role.COUNCIL_FINANCE))
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    db.session.expunge(row)
    return row


def lock_load(load_id: int) -> BudgetLoad:
    """The row of a load until the commit, as it is now."""
    return db.session.execute(
        select(BudgetLoad).where(BudgetLoad.id == load_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()


def lock_council(council_id: int) -> None:
    """One chunk at a time for each council, so that two files never set up the same person."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(_LOCK, council_id % 2**31)))


def figures_of(load: BudgetLoad) -> LoadFigures:
    """The figures that a load keeps."""
    return LoadFigures(*(getattr(load, name) for name in LoadFigures.__dataclass_fields__))


def set_figures(load: BudgetLoad, figures: LoadFigures, rows_done: int) -> None:
    """Keep the figures of a load so far, and how many of its rows were judged."""
    for name, value in asdict(figures).items():
        setattr(load, name, value)
    load.rows_done = rows_done


def write_refusals(load_id: int, refused: tuple[RefusedRow, ...] | list[RefusedRow]) -> None:
    """Add rows that were left out."""
    for some in batched(refused, CHUNK):
        rows = [{"row_number": row.row_number, "reference": row.reference, "words": row.words} for row in some]
        insert_many(BudgetLoadRefusal, rows, load_id=load_id)


def drop_refusals(load_id: int) -> None:
    """Forget the rows that were left out: the file is judged anew."""
    db.session.execute(delete(BudgetLoadRefusal).where(BudgetLoadRefusal.load_id == load_id))
