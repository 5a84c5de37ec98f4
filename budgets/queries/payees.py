"""Read who is paid from direct payments: what was declared, and what councils found necessary."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, select

from budgets.domain.payees import FORBIDDEN, Declaration, Necessity, PayeeStanding, Relationship
from budgets.models import PayeeDeclaration, PayeeNecessity, Person
from marketplace.database import db, send, table_of
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound

_declared, _necessary = table_of(PayeeDeclaration), table_of(PayeeNecessity)
_last_ids = (
    select(func.max(_declared.c.id))
    .where(
        _declared.c.person_id == bindparam("person_id"),
        _declared.c.organisation_id.in_(bindparam("organisation_ids", expanding=True)),
    )
    .group_by(_declared.c.organisation_id)
)
_STANDINGS = select(
    _declared.c.organisation_id,
    _declared.c.relationship,
    exists()
    .where(
        _necessary.c.person_id == _declared.c.person_id,
        _necessary.c.organisation_id == _declared.c.organisation_id,
        _necessary.c.approved.is_(True),
        _necessary.c.ended_at.is_(None),
        _necessary.c.starts_on <= bindparam("today"),
        _necessary.c.ends_on >= bindparam("today"),
    )
    .label("is_necessary"),
).where(_declared.c.id.in_(_last_ids))


def payee_standings(person_id: int, organisation_ids: Collection[int]) -> dict[int, PayeeStanding]:
    """How each provider stands to a person today, in one statement; nobody was asked of one that is left out."""
    if not organisation_ids:
        return {}
    parameters = {"person_id": person_id, "organisation_ids": sorted(organisation_ids), "today": clock.today()}
    return {row.organisation_id: PayeeStanding(*row[1:]) for row in send(_STANDINGS, parameters)}


def declared_by(person_id: Any, organisation_id: Any, at: Any) -> ColumnElement[bool]:
    """For checks: whether something had been said of a payee by a moment, given columns of whoever was paid."""
    return exists().where(
        PayeeDeclaration.person_id == person_id,
        PayeeDeclaration.organisation_id == organisation_id,
        PayeeDeclaration.declared_at <= at,
    )


def forbidden_at(person_id: Any, organisation_id: Any, at: Any) -> ColumnElement[bool]:
    """For checks: whether what had been said last by a moment forbade to pay, and no record of then says necessary."""
    last = (
        select(func.max(PayeeDeclaration.id))
        .where(
            PayeeDeclaration.person_id == person_id,
            PayeeDeclaration.organisation_id == organisation_id,
            PayeeDeclaration.declared_at <= at,
        )
        .correlate_except(PayeeDeclaration)
        .scalar_subquery()
    )
    said = exists().where(PayeeDeclaration.id == last, PayeeDeclaration.relationship.in_(FORBIDDEN))
    found_necessary = exists().where(
        PayeeNecessity.person_id == person_id,
        PayeeNecessity.organisation_id == organisation_id,
        PayeeNecessity.approved.is_(True),
        PayeeNecessity.decided_at <= at,
        PayeeNecessity.ended_at.is_(None) | (PayeeNecessity.ended_at > at),
    )
    return and_(said, ~found_necessary)


_DECLARATIONS: Any = select(
    PayeeDeclaration.id,
    PayeeDeclaration.person_id,
    Person.name,
    PayeeDeclaration.organisation_id,
    PayeeDeclaration.relationship,
    PayeeDeclaration.declared_by_user_id,
    PayeeDeclaration.declared_at,
).join(Person, Person.id == PayeeDeclaration.person_id)
_NECESSITIES: Any = select(*(getattr(PayeeNecessity, name) for name in Necessity.__dataclass_fields__))


def list_declarations(person_id: int, organisation_id: int | None = None) -> list[Declaration]:
    """Everything that was said of one person's payees, or of one of them; the newest first."""
    query = _DECLARATIONS.where(PayeeDeclaration.person_id == person_id)
    if organisation_id is not None:
        query = query.where(PayeeDeclaration.organisation_id == organisation_id)
    return [Declaration(*row) for row in db.session.execute(query.order_by(PayeeDeclaration.id.desc()))]


def list_forbidden(council_ids: Collection[int]) -> list[Declaration]:
    """What was said last of payees of these councils' people of whom it was ever said that the regulation names them.

    So one stays in sight who was called a wife before and a friend now. The newest first.
    """
    last = (
        select(func.max(PayeeDeclaration.id))
        .group_by(PayeeDeclaration.person_id, PayeeDeclaration.organisation_id)
        .having(func.max(case((PayeeDeclaration.relationship.in_(FORBIDDEN), 1), else_=0)) == 1)
    )
    query = _DECLARATIONS.where(Person.council_id.in_(council_ids), PayeeDeclaration.id.in_(last))
    return [Declaration(*row) for row in db.session.execute(query.order_by(PayeeDeclaration.id.desc()))]


def get_declaration(declaration_id: int) -> Declaration:
    """Raises NotFound. Says nothing of who may see it."""
    row = db.session.execute(_DECLARATIONS.where(PayeeDeclaration.id == declaration_id)).one_or_none()
    if row is None or row.relationship is Relationship.NOT_ASKED:
        raise NotFound
    return Declaration(*row)


def list_necessities(payees: Collection[tuple[int, int]]) -> dict[tuple[int, int], list[Necessity]]:
    """Records of councils by person and provider, the newest first. One query."""
    found: dict[tuple[int, int], list[Necessity]] = {}
    if payees:
        query = _NECESSITIES.where(
            PayeeNecessity.person_id.in_({person_id for person_id, _ in payees}),
            PayeeNecessity.organisation_id.in_({organisation_id for _, organisation_id in payees}),
        )
        for row in db.session.execute(query.order_by(PayeeNecessity.id.desc())):
            found.setdefault((row.person_id, row.organisation_id), []).append(Necessity(*row))
    return found


def get_necessity(necessity_id: int) -> Necessity:
    """Raises NotFound. Says nothing of who may see it."""
    row = db.session.execute(_NECESSITIES.where(PayeeNecessity.id == necessity_id)).one_or_none()
    if row is None:
        raise NotFound
    return Necessity(*row)
