"""The person, or whoever acts for them, questions a rule; an officer of the council answers. It counts meanwhile."""

from sqlalchemy import insert, update

from budgets.domain import MandateAction
from budgets.domain.people import LetterAbout
from budgets.models import RestrictionQuestion
from budgets.queries.access import find_access
from budgets.queries.restrictions import get_question, get_restriction
from budgets.services.letters import tell_about_money
from budgets.services.restrictions.officers import MOST_WORDS, officers_rule
from marketplace.accounts.domain import Actor, OrganisationKind
from marketplace.accounts.links import address
from marketplace.accounts.queries import list_organisations_of_council
from marketplace.audit.services import record
from marketplace.database import db, rows_changed, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.email import queue_email


def ask(actor: Actor, restriction_id: int, words: str) -> int:
    """Question a rule; answers the question's id. An officer with a mandate for the person writes down what they say.

    By the person and whoever reads their budget or plan for them. Raises NotFound for anybody else, DomainError on
    `words`.
    """
    rule = get_restriction(restriction_id)
    reading = (MandateAction.READ_BUDGET, MandateAction.READ_PLAN)
    access = next((found for action in reading if (found := find_access(actor, rule.person_id, action))), None)
    if access is None or rule.approved is not True:
        raise NotFound
    words = _words(words, "words", "Say what you want to ask")
    with transaction():
        question_id: int = db.session.execute(
            insert(RestrictionQuestion)
            .values(restriction_id=restriction_id, words=words, asked_by_user_id=actor.user_id, asked_at=clock.now())
            .returning(RestrictionQuestion.id)
        ).scalar_one()
        record(
            "restriction.question",
            "restriction",
            restriction_id,
            actor_user_id=actor.user_id,
            person_id=rule.person_id,
            council_id=rule.council_id,
            mandate_id=access.mandate.id if access.mandate else None,
            reason=words,
        )
        teams = list_organisations_of_council(rule.council_id, OrganisationKind.COUNCIL)
        for to in [team.email for team in teams if team.email][:1]:
            queue_email(
                to,
                "A question about a rule for somebody’s budget",
                f"Somebody questions a rule. Read it and answer:\n{address(f'/council/rules/{restriction_id}')}\n",
            )
        return question_id


def answer(actor: Actor, question_id: int, words: str) -> int:
    """An officer of the council answers, and the person is told; answers the rule's id.

    Raises NotFound for anybody else, DomainError on `answer`, NotAllowed when somebody has answered.
    """
    question = get_question(question_id)
    rule = officers_rule(actor, question.restriction_id)
    words = _words(words, "answer", "Write the answer to the person")
    with transaction():
        answered = rows_changed(
            update(RestrictionQuestion)
            .where(RestrictionQuestion.id == question_id, RestrictionQuestion.answered_at.is_(None))
            .values(answer=words, answered_by_user_id=actor.user_id, answered_at=clock.now())
        )
        if not answered:
            raise NotAllowed("Somebody has answered this already.")
        record(
            "restriction.answer",
            "restriction",
            rule.id,
            actor_user_id=actor.user_id,
            person_id=rule.person_id,
            council_id=rule.council_id,
            reason=words,
        )
        tell_about_money(
            rule.person_id,
            "An answer about a rule for your budget",
            f"You asked: {question.words}\nThe council answers: {words}",
            f"/people/{rule.person_id}/rules",
            about=LetterAbout.AUTHORITY,
        )
        return rule.id


def _words(words: str, field: str, missing: str) -> str:
    words = words.strip()
    if not words:
        raise DomainError(missing, field=field)
    if len(words) > MOST_WORDS:
        raise DomainError(f"Use {MOST_WORDS:,} characters or fewer", field=field)
    return words
