"""Set a council's table and figures for the self-assessment tools, and keep a needs form for whoever is signed in.

The audit record says who kept or deleted a needs form, and never a word of what stands in it.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.domain import Actor, Role
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.figures import GENEROUS, FigureKey, figures_on
from marketplace.kernel.money import format_pounds
from marketplace.planning.estimates.needs import Needs
from marketplace.planning.estimates.points import read_table
from marketplace.planning.models import CouncilFigure, NeedsForm, PointsSheets
from marketplace.planning.queries import self_checks as queries

MOST_FORMS = 20


@dataclass(frozen=True)
class SetPoints:
    council_id: int
    starts_on: date
    questions: str
    pounds: str


@dataclass(frozen=True)
class SetFigure:
    """A council's own figure from a day on; without pence the law's figure counts again."""

    council_id: int
    key: FigureKey
    pence: int | None
    starts_on: date
    source: str


def set_points_table(actor: Actor, command: SetPoints) -> int:
    """Add a version of a council's table; answers its number. Raises NotFound for another council's."""
    _may_set(actor, command.council_id, command.starts_on)
    table, of_questions, of_pounds = read_table(command.questions, command.pounds)
    if table is None:
        field = "questions" if of_questions else "pounds"
        raise DomainError(str((of_questions or of_pounds)[0]), field=field)
    try:
        with transaction():
            last = db.session.scalar(
                select(func.max(PointsSheets.version)).where(PointsSheets.council_id == command.council_id)
            )
            version = (last or 0) + 1
            table_id = db.session.execute(
                insert(PointsSheets)
                .values(
                    council_id=command.council_id,
                    version=version,
                    starts_on=command.starts_on,
                    questions=command.questions,
                    pounds=command.pounds,
                    set_by_user_id=actor.user_id,
                    set_at=clock.now(),
                )
                .returning(PointsSheets.id)
            ).scalar_one()
            record(
                "points_table.set",
                "points_table",
                table_id,
                actor_user_id=actor.user_id,
                council_id=command.council_id,
                version=version,
            )
    except IntegrityError as error:
        if "points_tables" not in str(error.orig):
            raise
        raise DomainError("Somebody else set a table just now. Open this page again and look at it first") from None
    return version


def set_figure(actor: Actor, command: SetFigure) -> None:
    """Set a figure for a council's own people. Never below what the law leaves them, where that was verified."""
    _may_set(actor, command.council_id, command.starts_on)
    law = figures_on(command.starts_on)[command.key]
    if command.key not in GENEROUS:
        raise DomainError("The law sets this figure, and a council cannot change it", field="key")
    if command.pence is not None and law.is_verified and command.pence < law.pence:
        raise DomainError(
            f"The law’s figure is {format_pounds(law.pence)}. A council may set more, never less", field="amount"
        )
    with transaction():
        figure_id = db.session.execute(
            insert(CouncilFigure)
            .values(
                council_id=command.council_id,
                key=command.key,
                pence=command.pence,
                starts_on=command.starts_on,
                source=command.source,
                set_by_user_id=actor.user_id,
                set_at=clock.now(),
            )
            .returning(CouncilFigure.id)
        ).scalar_one()
        record(
            "council_figure.set",
            "council_figure",
            figure_id,
            actor_user_id=actor.user_id,
            council_id=command.council_id,
            key=command.key.value,
            pence=command.pence,
        )


def _may_set(actor: Actor, council_id: int, starts_on: date) -> None:
    if council_id not in actor.council_ids(Role.COUNCIL_FINANCE):
        raise NotFound
    if starts_on < clock.today():
        raise DomainError(
            "Choose today or a later day: what people were shown before stays as it was", field="starts_on"
        )


def keep_needs(actor: Actor, needs: Needs, form_id: int | None = None) -> int:
    """Keep a form, in place of one of the actor's own when its id is given; answers its id. Raises NotFound."""
    if actor.user_id is None:
        raise DomainError("Sign in to keep this with us, or save it to a file of your own")
    with transaction():
        values = {"name": needs.name, "words": dict(needs.words), "changed_at": clock.now()}
        if form_id is not None:
            mine = update(NeedsForm).where(NeedsForm.id == form_id, queries.is_own(actor))
            if rows_changed(mine.values(**values)) != 1:
                raise NotFound
        else:
            kept = db.session.scalar(select(func.count()).where(NeedsForm.user_id == actor.user_id)) or 0
            if kept >= MOST_FORMS:
                raise DomainError(f"You keep {MOST_FORMS} of these already. Delete one first")
            form_id = db.session.execute(
                insert(NeedsForm)
                .values(user_id=actor.user_id, created_at=clock.now(), **values)
                .returning(NeedsForm.id)
            ).scalar_one()
        record("needs_form.keep", "needs_form", form_id, actor_user_id=actor.user_id)
    return form_id


def delete_needs(actor: Actor, form_id: int) -> None:
    """Delete a form of the actor's own, for good. Raises NotFound."""
    with transaction():
        mine = delete(NeedsForm).where(NeedsForm.id == form_id, queries.is_own(actor))
        if rows_changed(mine) != 1:
            raise NotFound
        record("needs_form.delete", "needs_form", form_id, actor_user_id=actor.user_id)


def forget_needs_forms() -> int:
    """Delete forms that nobody changed for so long as the privacy page says; answers how many."""
    with transaction():
        return rows_changed(delete(NeedsForm).where(NeedsForm.changed_at < clock.now() - keeping.NEEDS_FORM))
