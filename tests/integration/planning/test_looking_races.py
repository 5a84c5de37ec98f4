"""Two pages opened at once by one reader are one look."""

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import func, select

from marketplace.audit.models import AuditRow
from marketplace.database import db
from marketplace.planning.queries.rights import get_rights
from marketplace.planning.services.looking import note_look
from tests.integration.planning.world import A, World


def test_eight_pages_opened_at_once_by_one_reader_are_one_look(app: Flask) -> None:
    world = World()
    manager = world.holder()
    rights = get_rights(manager, world.person_id, A.READ_BUDGET)
    db.session.rollback()

    def look(_number: int) -> None:
        with app.app_context():
            try:
                note_look(manager, rights, "person")
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(8)))
    assert db.session.scalar(select(func.count(AuditRow.id)).where(AuditRow.action == "person.look")) == 1
