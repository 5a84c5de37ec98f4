"""A person questions a mandate that is not theirs to end: it waits with the council until an officer has answered.

A question suspends nothing by itself; an officer or the safeguarding lead does, if they see a reason.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from budgets.domain import ConsentHow, LegalBasis
from budgets.models import Mandate, MandateQuestion, Person
from budgets.queries.mandates import MandateLine, get_mandate, is_officer
from budgets.services import mandate_letters as letters
from budgets.services.mandate_record import record_act
from marketplace.accounts.domain import Actor, OrganisationKind
from marketplace.accounts.queries import list_organisations_of_council
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound


@dataclass(frozen=True)
class QuestionView:
    """A question about a mandate, and its answer."""

    id: int
    mandate_id: int
    person_name: str
    words: str
    how: ConsentHow
    asked_at: datetime
    answer: str | None
    answered_by_user_id: int | None
    answered_at: datetime | None


_QUESTIONS = (
    select(
        MandateQuestion.id,
        MandateQuestion.mandate_id,
        Person.name,
        MandateQuestion.words,
        MandateQuestion.how,
        MandateQuestion.asked_at,
        MandateQuestion.answer,
        MandateQuestion.answered_by_user_id,
        MandateQuestion.answered_at,
    )
    .join(Mandate, Mandate.id == MandateQuestion.mandate_id)
    .join(Person, Person.id == Mandate.person_id)
)


def ask(actor: Actor, mandate_id: int, words: str, *, how: ConsentHow = ConsentHow.ONLINE) -> int:
    """The person asks, or an officer of the council writes down what they said or wrote; answers the question's id.

    Raises NotFound for anybody else, DomainError on the field that has to change.
    """
    mandate = get_mandate(mandate_id)
    if not can_ask(actor, mandate):
        raise NotFound
    if is_own(actor, mandate):
        how = ConsentHow.ONLINE
    elif how is ConsentHow.ONLINE:
        raise DomainError("Say how they asked: on paper, or spoken.", field="how")
    words = words.strip()
    if not words:
        raise DomainError("Say what you want to ask", field="words")
    with transaction():
        question_id: int = db.session.execute(
            insert(MandateQuestion)
            .values(mandate_id=mandate_id, words=words, how=how, asked_by_user_id=actor.user_id, asked_at=clock.now())
            .returning(MandateQuestion.id)
        ).scalar_one()
        record_act(actor, mandate, "mandate.question", reason=words)
        teams = list_organisations_of_council(mandate.council_id or 0, OrganisationKind.COUNCIL)
        for address in [team.email for team in teams if team.email][:1]:
            letters.question(mandate, address, words)
        return question_id


def answer(actor: Actor, question_id: int, words: str) -> int:
    """An officer of the council answers, by letter to the person; answers the mandate's id.

    Raises NotFound for anybody else, DomainError on `answer`, NotAllowed when somebody has answered.
    """
    mandate_id = mandate_of(actor, question_id)
    mandate = get_mandate(mandate_id)
    words = words.strip()
    if not words:
        raise DomainError("Write the answer to the person", field="answer")
    with transaction():
        answered = rows_changed(
            update(MandateQuestion)
            .where(MandateQuestion.id == question_id, MandateQuestion.answered_at.is_(None))
            .values(answer=words, answered_by_user_id=actor.user_id, answered_at=clock.now())
        )
        if not answered:
            raise NotAllowed("Somebody has answered this already.")
        record_act(actor, mandate, "mandate.answer", reason=words)
        letters.answer(mandate, words)
    return mandate_id


def mandate_of(actor: Actor, question_id: int) -> int:
    """The mandate of a question, for officers of the person's council. Raises NotFound for anybody else."""
    mandate_id = db.session.scalar(select(MandateQuestion.mandate_id).where(MandateQuestion.id == question_id))
    if mandate_id is None or not is_officer(actor, get_mandate(mandate_id).council_id):
        raise NotFound
    return mandate_id


def list_questions(mandate_id: int) -> list[QuestionView]:
    """What was asked about a mandate, the newest first; the caller has asked who may see it."""
    rows = db.session.execute(
        _QUESTIONS.where(MandateQuestion.mandate_id == mandate_id).order_by(MandateQuestion.id.desc())
    )
    return [QuestionView(*row) for row in rows]


def list_open(council_ids: Collection[int]) -> list[QuestionView]:
    """Questions that wait for an answer of these councils, oldest first."""
    rows = db.session.execute(
        _QUESTIONS.where(Person.council_id.in_(council_ids), MandateQuestion.answered_at.is_(None)).order_by(
            MandateQuestion.id
        )
    )
    return [QuestionView(*row) for row in rows]


def is_own(actor: Actor, mandate: MandateLine) -> bool:
    """Whether it is a mandate for the actor themself."""
    return actor.user_id is not None and mandate.person_user_id == actor.user_id


def can_ask(actor: Actor, mandate: MandateLine) -> bool:
    """Whether `ask` would take it: while there is something to question, and a council to answer."""
    if not mandate.is_open or mandate.council_id is None:
        return False
    if is_own(actor, mandate):
        return mandate.legal_basis is not LegalBasis.AGREEMENT
    return is_officer(actor, mandate.council_id)
