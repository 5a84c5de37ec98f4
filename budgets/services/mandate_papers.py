"""Papers that show a mandate: signed forms, court orders, letters. For the person and officers of their council."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from budgets.models import MandatePaper
from budgets.queries.mandates import MandateLine, get_mandate_for, is_officer
from marketplace.accounts.domain import Actor
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.uploads.services import UploadView, store, uploads_by_id


@dataclass(frozen=True)
class PaperView:
    """A paper that shows a mandate."""

    id: int
    upload: UploadView
    added_by_user_id: int
    added_at: datetime


def add_paper(actor: Actor, mandate_id: int, content: bytes, file_name: str) -> int:
    """An officer of the council keeps a paper with a mandate; answers its id. Joins the open transaction.

    Raises NotFound for anybody else, DomainError on `file`.
    """
    mandate = get_mandate_for(actor, mandate_id)
    if not is_officer(actor, mandate.council_id):
        raise NotFound
    with transaction():
        upload_id = store(content, file_name, user_id=actor.user_id)
        paper_id: int = db.session.execute(
            insert(MandatePaper)
            .values(mandate_id=mandate_id, upload_id=upload_id, added_by_user_id=actor.user_id, added_at=clock.now())
            .returning(MandatePaper.id)
        ).scalar_one()
        record(
            "mandate.add_paper",
            "mandate",
            mandate_id,
            actor_user_id=actor.user_id,
            person_id=mandate.person_id,
            mandate_id=mandate_id,
            council_id=mandate.council_id,
            upload_id=upload_id,
        )
        return paper_id


def may_see_papers(actor: Actor, mandate: MandateLine) -> bool:
    """The person, and officers of their council; not those who act, of whom papers may say more than they know."""
    is_person = actor.user_id is not None and mandate.person_user_id == actor.user_id
    return is_person or is_officer(actor, mandate.council_id)


def list_papers(actor: Actor, mandate: MandateLine) -> list[PaperView]:
    """Papers of a mandate, oldest first; none for whoever may not see them."""
    if not may_see_papers(actor, mandate):
        return []
    rows = db.session.execute(
        select(MandatePaper.id, MandatePaper.upload_id, MandatePaper.added_by_user_id, MandatePaper.added_at)
        .where(MandatePaper.mandate_id == mandate.id)
        .order_by(MandatePaper.id)
    ).all()
    uploads = uploads_by_id(row.upload_id for row in rows)
    return [PaperView(row.id, uploads[row.upload_id], row.added_by_user_id, row.added_at) for row in rows]


def paper_upload(actor: Actor, paper_id: int) -> int:
    """The file of a paper, for whoever may see it, and written down that they looked. Raises NotFound."""
    row = db.session.execute(
        select(MandatePaper.mandate_id, MandatePaper.upload_id).where(MandatePaper.id == paper_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    mandate = get_mandate_for(actor, row.mandate_id)
    if not may_see_papers(actor, mandate):
        raise NotFound
    with transaction():
        record(
            "mandate.look_at_paper",
            "mandate",
            mandate.id,
            actor_user_id=actor.user_id,
            person_id=mandate.person_id,
            mandate_id=mandate.id,
            council_id=mandate.council_id,
            upload_id=row.upload_id,
        )
    return int(row.upload_id)
