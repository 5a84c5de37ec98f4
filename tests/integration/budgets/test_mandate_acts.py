"""What belongs to an authority: who is named, its papers and pots, questions about it, and the person's own copy."""

from io import BytesIO

import pytest
from flask import Flask

from budgets.domain import ConsentHow, LegalBasis, MandateAction
from budgets.models import Mandate
from budgets.queries.access import find_access
from budgets.queries.mandates import MandateState, get_mandate
from budgets.services import mandate_papers, mandate_questions, mandate_staff, mandates
from marketplace.accounts.domain import Role
from marketplace.accounts.models import Membership
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.outbox.queries import list_emails
from tests.browser import submit, text_of
from tests.factories.accounts import UserFactory, user_with_role
from tests.factories.budgets import MandateFactory
from tests.integration.budgets.town import Town, Visit, grant_data
from tests.unit.uploads.test_content import PDF


def may_order(user_id: int, person_id: int) -> bool:
    return find_access(actor_of(user_id), person_id, MandateAction.ORDER) is not None


def court_order(town: Town, **more: object) -> int:
    with transaction():
        return int(MandateFactory(person_id=town.person_id, staff=[town.ann], legal_basis=LegalBasis.DEPUTY, **more).id)


def test_the_person_names_somebody_else_and_takes_a_name_out_at_once(town: Town, visit: Visit) -> None:
    with transaction():
        bob = UserFactory(name="Bob Day", email="bob@example.org").id
    address = f"/mandates/{town.mandate_id}"
    client = visit(town.margaret)
    for email, words in (
        ("", "Enter the email address"),
        ("nobody@example.org", "There is no account yet with the email address nobody@example.org"),
        ("ann@example.org", "Ann Lee is named already"),
        ("margaret@example.org", "Name somebody other than yourself"),
    ):
        assert words in text_of(submit(client, address, {"email": email}, to=f"{address}/staff")), words
    submit(client, address, {"email": "bob@example.org"}, to=f"{address}/staff")
    assert may_order(bob, town.person_id)
    assert [mail.to_address for mail in list_emails()[:2]].count("bob@example.org") == 1, "Ann is not told anew"
    assert "Take my name out" in text_of(visit(bob).get(address))
    for stranger in (town.ann, town.stranger):
        with pytest.raises(NotFound):
            mandate_staff.add_staff(actor_of(stranger), town.mandate_id, "bob@example.org")
    with pytest.raises(NotFound):
        mandate_staff.remove_staff(actor_of(town.ann), town.mandate_id, bob)
    submit(client, address, {}, to=f"{address}/staff/{town.ann}/remove")
    assert not may_order(town.ann, town.person_id) and may_order(bob, town.person_id)
    submit(visit(bob), address, {}, to=f"{address}/staff/{bob}/remove")
    assert get_mandate(town.mandate_id).state is MandateState.ENDED, "nobody is left in it"


def test_a_courts_deputy_is_joined_by_nobody_at_a_press(town: Town) -> None:
    mandate_id = court_order(town)
    for actor in (town.margaret, town.ann, *town.workers):
        with pytest.raises(NotFound):
            mandate_staff.add_staff(actor_of(actor), mandate_id, "ann@example.org")


def test_whoever_leaves_an_organisation_loses_its_mandates_and_their_pages_at_once(town: Town, visit: Visit) -> None:
    with transaction():
        manager = user_with_role(Role.BUDGET_MANAGER).id
        organisation_id = db.session.query(Membership).filter_by(user_id=manager).one().organisation_id
        mandate_id = MandateFactory(person_id=town.person_id, staff=[manager], organisation_id=organisation_id).id
    assert may_order(manager, town.person_id)
    assert visit(manager).get(f"/mandates/{mandate_id}").status_code == 200
    with transaction():
        db.session.query(Membership).filter_by(user_id=manager).delete()
    assert not may_order(manager, town.person_id)
    assert visit(manager).get(f"/mandates/{mandate_id}").status_code == 404
    assert not mandates.can_end(actor_of(manager), get_mandate(mandate_id))
    assert "Margaret Hill" not in text_of(visit(manager).get("/mandates"))


def test_a_paper_is_kept_and_seen_by_the_person_and_officers_alone(town: Town, visit: Visit) -> None:
    mandate_id = court_order(town)
    address = f"/mandates/{mandate_id}"
    officer = visit(town.workers[0])
    for content, words in ((b"hello", "no whole PDF"), (b"", "Choose a file")):
        data = {"file": (BytesIO(content), "order.pdf" if content else "")}
        assert words in text_of(submit(officer, address, data, to=f"{address}/papers"))
    submit(officer, address, {"file": (BytesIO(PDF), "Order of 12 May.pdf")}, to=f"{address}/papers")
    (paper,) = mandate_papers.list_papers(actor_of(town.margaret), get_mandate(mandate_id))
    for user_id in (town.margaret, town.workers[1], town.lead):
        answer = visit(user_id).get(f"/mandates/papers/{paper.id}")
        assert (answer.status_code, answer.data) == (200, PDF)
        assert "Order of 12 May.pdf" in text_of(visit(user_id).get(address))
    for user_id in (town.ann, town.stranger, *town.finance, *town.elsewhere):
        assert visit(user_id).get(f"/mandates/papers/{paper.id}").status_code == 404
    assert "Order of 12 May" not in text_of(visit(town.ann).get(address))
    with pytest.raises(NotFound):
        mandate_papers.add_paper(actor_of(town.margaret), mandate_id, PDF, "mine.pdf")


def test_a_question_waits_with_the_council_pauses_nothing_and_is_answered_by_letter(town: Town, visit: Visit) -> None:
    mandate_id = court_order(town)
    address = f"/mandates/{mandate_id}"
    margaret, officer = visit(town.margaret), visit(town.workers[0])
    assert "Only the court can change that" in text_of(margaret.get(address))
    submit(margaret, address, {"words": "Why may Ann do this?"}, to=f"{address}/question")
    assert may_order(town.ann, town.person_id), "a question suspends nothing by itself"
    assert "1 question to answer" in text_of(officer.get("/council/mandates"))
    assert "It waits for the council" in text_of(margaret.get(address))
    (question,) = mandate_questions.list_questions(mandate_id)
    reply = f"/mandates/questions/{question.id}/answer"
    assert "Write the answer" in text_of(submit(officer, address, {"answer": ""}, to=reply))
    for user_id in (town.margaret, town.ann, town.elsewhere[1]):
        assert submit(visit(user_id), "/mandates/new", {"answer": "x"}, to=reply).status_code == 404
    submit(officer, address, {"answer": "The court named her in May."}, to=reply)
    assert "The court named her in May." in list_emails()[0].body
    assert list_emails()[0].to_address == "margaret@example.org"
    with pytest.raises(NotAllowed):
        mandate_questions.answer(actor_of(town.workers[1]), question.id, "Me too")
    assert "questions to answer" not in text_of(officer.get("/council/mandates"))
    assert "How did they ask?" in text_of(officer.get(address))
    submit(officer, address, {"words": "She rang: who is it?", "how": "spoken"}, to=f"{address}/question")
    assert mandate_questions.list_questions(mandate_id)[0].how is ConsentHow.SPOKEN


def test_an_agreement_on_paper_says_when_and_who_read_it(town: Town, visit: Visit) -> None:
    officer, today = visit(town.workers[0]), clock.today()
    data = grant_data(person_reference="P1", basis="agreement", how="on_paper", evidence="Form", pots="Respite")
    page = "/council/mandates/new"
    assert "Enter the day on which they agreed" in text_of(submit(officer, page, data))
    on = {"given_on-day": today.day, "given_on-month": today.month, "given_on-year": today.year}
    assert "Say who read it to them" in text_of(submit(officer, page, data | on))
    later = on | {"given_on-year": today.year + 1, "read_by": "Sam Carer"}
    assert "cannot be in the future" in text_of(submit(officer, page, data | later))
    unknown = data | on | {"read_by": "Sam Carer", "pots": "Holidays"}
    assert "This person has no pot named Holidays" in text_of(submit(officer, page, unknown))
    broken = data | on | {"read_by": "Sam Carer", "file": (BytesIO(b"x"), "form.pdf")}
    assert "no whole PDF" in text_of(submit(officer, page, broken))
    assert db.session.query(Mandate).filter_by(read_by="Sam Carer").count() == 0, "all of it or nothing"
    whole = data | on | {"read_by": "Sam Carer", "file": (BytesIO(PDF), "form.pdf")}
    address = submit(officer, page, whole).location
    mandate_id = int(address.rsplit("/", 1)[1])
    line = get_mandate(mandate_id)
    assert (line.read_by, line.given_on, line.pots, line.state) == (
        "Sam Carer",
        today,
        ("Respite",),
        MandateState.WAITING,
    )
    assert "form.pdf" in text_of(officer.get(address))
    copy = text_of(visit(town.margaret).get(f"{address}/copy"))
    assert "A second officer of the council has still to look at it." in copy
    mandates.confirm(actor_of(town.workers[1]), mandate_id)
    copy = text_of(visit(town.margaret).get(f"{address}/copy"))
    for words in ("You agreed on paper on", "Sam Carer read it to you", "Which money: Respite, nothing else."):
        assert words in copy, words


def test_the_persons_copy_is_plain_and_comes_as_pdf_in_large_print(town: Town, visit: Visit) -> None:
    address = f"/mandates/{town.mandate_id}/copy"
    client = visit(town.margaret)
    page = text_of(client.get(address))
    for words in (
        "Who may act for you, Margaret",
        "Ann Lee. Nobody else.",
        "Up to £500.00 an order. For more than that, somebody else has to agree first.",
        "Which money: all of it.",
        "You agreed online on",
        "you can end it at any time, at once",
        "call us on",
    ):
        assert words in page, words
    usual, large = (client.get(f"{address}.pdf{more}") for more in ("", "?large=1"))
    for pdf in (usual, large):
        assert pdf.content_type == "application/pdf" and pdf.data.startswith(b"%PDF")
        assert b"pdfuaid" in pdf.data, "tagged for screen readers"
    assert usual.data != large.data
    assert "large-print" in large.headers["Content-Disposition"]
    for user_id in (town.stranger, *town.finance, *town.elsewhere):
        assert visit(user_id).get(address).status_code == 404
        assert visit(user_id).get(f"{address}.pdf").status_code == 404


def test_a_person_limits_an_authority_to_pots_and_only_to_their_own(town: Town, visit: Visit, app: Flask) -> None:
    client = visit(town.margaret)
    assert "Respite (B1)" in text_of(client.get("/mandates/new"))
    (pot,) = mandates.list_pots(town.person_id)
    address = submit(client, "/mandates/new", grant_data(pots=[str(pot.id)])).location
    assert "Respite, nothing else" in text_of(client.get(address))
    with pytest.raises(DomainError) as refused:
        mandates.grant(
            actor_of(town.margaret),
            mandates.Authority(
                town.person_id,
                ("ann@example.org",),
                frozenset({MandateAction.ORDER}),
                clock.today(),
                clock.today(),
                pot_ids=frozenset({999_999}),
            ),
        )
    assert refused.value.field == "pots"


def test_a_flag_is_set_and_lifted_on_the_page_with_a_reason(town: Town, visit: Visit) -> None:
    address = f"/mandates/{town.mandate_id}"
    officer, lead = visit(town.workers[0]), visit(town.lead)
    assert "Say why" in text_of(submit(officer, address, {"flag_reason": ""}, to=f"{address}/flag"))
    submit(officer, address, {"flag_reason": "A neighbour is worried"}, to=f"{address}/flag")
    assert not may_order(town.ann, town.person_id)
    assert "nothing new can be ordered" in text_of(visit(town.ann).get(address))
    assert submit(officer, address, {"flag_reason": "x"}, to=f"{address}/flag/lift").status_code == 404
    assert submit(visit(town.ann), address, {"flag_reason": "x"}, to=f"{address}/flag/lift").status_code == 404
    submit(lead, address, {"flag_reason": "Looked into"}, to=f"{address}/flag/lift")
    assert may_order(town.ann, town.person_id)
