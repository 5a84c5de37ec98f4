"""A person without e-mail is a full person: letters that somebody prints, consents on paper, and the help they need."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets.domain import ConsentHow
from budgets.domain.people import HelpLevel, LetterAbout
from budgets.models import Consent, PaperLetter
from budgets.queries.sharing import shares_purchases
from budgets.services import consents, help_notes, mandates, paper_letters
from budgets.services.consents import OnPaper
from budgets.services.help_notes import WriteHelp
from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock, keeping
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.outbox.queries import list_emails
from payments.domain import OrderState
from payments.services.orders import letters
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import ConsentFactory, MandateFactory, PersonFactory
from tests.factories.payments import OrderFactory
from tests.unit.uploads.test_content import PDF


class Quiet:
    """Harold has no sign-in and no e-mail; Ann acts for him; a council and a library know him."""

    def __init__(self) -> None:
        with transaction():
            self.person_id = PersonFactory(name="Harold Reed", council_reference="P2").id
            ann = UserFactory(name="Ann Lee", email="ann@example.org").id
            self.mandate_id = MandateFactory(person_id=self.person_id, staff=[ann]).id
            officer, lead = (user_with_role(role).id for role in (Role.SOCIAL_WORKER, Role.SAFEGUARDING_LEAD))
            librarian = user_with_role(Role.ACCESS_POINT_WORKER)
            library = actor_of(librarian.id).memberships[0].organisation_id
            ConsentFactory(person_id=self.person_id, assisted=True, organisation_id=library)
            team = OrganisationFactory(kind="council", council_id=council("E06000001").id)
            elsewhere = user_with_role(Role.SOCIAL_WORKER, team).id
            stranger = UserFactory().id
            ids = ann, officer, lead, librarian.id, elsewhere, stranger
        self.ann, self.officer, self.lead, self.librarian, self.elsewhere, self.stranger = (actor_of(i) for i in ids)


@pytest.fixture
def quiet(app: Flask) -> Quiet:
    return Quiet()


def subjects(actor: Actor, person_id: int) -> list[str]:
    return [letter.subject for letter in paper_letters.list_letters(actor, person_id)]


def test_letters_about_authorities_are_printed_by_officers_and_about_orders_by_helpers(
    quiet: Quiet, client: FlaskClient
) -> None:
    with transaction():
        order = OrderFactory(person_id=quiet.person_id, buyer_user_id=quiet.ann.user_id, state=OrderState.DONE)
        letters.says_it_is_done(order)
    mandates.end(quiet.officer, quiet.mandate_id, reason="Harold asked for it")
    with transaction():
        MandateFactory(person_id=quiet.person_id, staff=[quiet.ann.user_id])
    about_order, about_ann = [f"Was order {order.reference} done?"], ["Ann Lee may no longer act for you"]
    assert subjects(quiet.ann, quiet.person_id) == about_order
    assert subjects(quiet.librarian, quiet.person_id) == about_order
    assert subjects(quiet.officer, quiet.person_id) == about_ann, "not those alone who may act tell him so"
    for stranger in (quiet.elsewhere, quiet.stranger):
        with pytest.raises(NotFound):
            subjects(stranger, quiet.person_id)
    assert "Harold" not in {mail.to_address for mail in list_emails()}

    sign_in(client, quiet.officer.user_id or 0)
    assert "1 letter to print and post" in text_of(client.get("/council/mandates"))
    assert "Ann Lee may no longer act for you" in text_of(client.get("/council/letters"))
    (letter,) = paper_letters.list_letters(quiet.officer, quiet.person_id)
    page = text_of(client.get(f"/letters/{letter.id}"))
    assert "Dear Harold," in page and "Why: Harold asked for it" in page
    submit(client, f"/letters/{letter.id}", {}, to=f"/letters/{letter.id}/printed")
    assert "No letters" in text_of(client.get("/council/letters"))
    sign_in(client, quiet.ann.user_id or 0)
    assert client.get(f"/letters/{letter.id}").status_code == 404
    assert about_order[0] in text_of(client.get(f"/people/{quiet.person_id}/letters"))


def test_a_letter_is_forgotten_like_an_email_once_somebody_has_printed_it(quiet: Quiet) -> None:
    with transaction():
        for _ in range(2):
            paper_letters.write_letter(quiet.person_id, "A letter", "Words", LetterAbout.ORDER)
        for letter in db.session.query(PaperLetter):
            letter.written_at = clock.now() - keeping.LETTER - timedelta(days=1)
    paper_letters.mark_printed(quiet.ann, paper_letters.list_letters(quiet.ann, quiet.person_id)[0].id)
    assert paper_letters.forget_printed() == 1
    assert len(paper_letters.list_letters(quiet.ann, quiet.person_id)) == 1


def said(**changes: object) -> OnPaper:
    values: dict[str, object] = {
        "on": True,
        "how": ConsentHow.ON_PAPER,
        "given_on": clock.today(),
        "read_by": "Sam Carer",
        "paper": (PDF, "signed.pdf"),
    }
    return OnPaper(**(values | changes))  # type: ignore[arg-type]


def test_a_consent_on_paper_says_who_read_it_when_and_keeps_the_paper(quiet: Quiet, client: FlaskClient) -> None:
    for stranger in (quiet.ann, quiet.lead, quiet.elsewhere, quiet.stranger):
        with pytest.raises(NotFound):
            consents.share_on_paper(stranger, quiet.person_id, said())
    for changes, field in (
        ({"how": ConsentHow.ONLINE}, "how"),
        ({"given_on": clock.today() + timedelta(days=1)}, "given_on"),
        ({"read_by": " "}, "read_by"),
        ({"paper": (b"x", "signed.pdf")}, "file"),
    ):
        with pytest.raises(DomainError) as refused:
            consents.share_on_paper(quiet.officer, quiet.person_id, said(**changes))
        assert refused.value.field == field
    assert not shares_purchases(quiet.person_id)
    consents.share_on_paper(quiet.librarian, quiet.person_id, said())
    (row,) = db.session.query(Consent).filter_by(kind="share_purchases")
    assert (row.how, row.read_by, row.given_on, row.upload_id is not None) == (
        ConsentHow.ON_PAPER,
        "Sam Carer",
        clock.today(),
        True,
    )
    db.session.rollback()
    sign_in(client, quiet.officer.user_id or 0)
    page, today = f"/people/{quiet.person_id}/sharing", clock.today()
    assert "They share what they buy" in text_of(client.get(page))
    day = {"given_on-day": today.day, "given_on-month": today.month, "given_on-year": today.year}
    assert "Say who read it to them" in text_of(submit(client, page, {"on": "0", "how": "spoken", **day}))
    data = {"on": "0", "how": "spoken", "read_by": "Sam Carer", "file": (BytesIO(b""), ""), **day}
    assert submit(client, page, data).status_code == 302
    assert not shares_purchases(quiet.person_id)


def test_the_help_that_is_needed_is_seen_by_those_who_act_and_decides_what_is_offered(
    quiet: Quiet, client: FlaskClient
) -> None:
    page = f"/people/{quiet.person_id}/help"
    for user in (quiet.officer, quiet.lead, quiet.librarian, quiet.elsewhere, quiet.stranger):
        sign_in(client, user.user_id or 0)
        assert client.get(page).status_code == 404
        with pytest.raises(NotFound):
            help_notes.write_help(user, quiet.person_id, WriteHelp(HelpLevel.ALONE))
    sign_in(client, quiet.ann.user_id or 0)
    assert "What fits that" not in text_of(client.get(page))
    assert "Choose how much help is needed" in text_of(submit(client, page, {"words": "Ring him"}))
    wanted = {"level": "together", "ways": ["large_print", "on_paper", "by_telephone"], "words": "Ring in the morning"}
    submit(client, page, wanted)
    offered = text_of(client.get(page))
    for words in (
        "Ring in the morning",
        "Large print on the screen",
        "Letters to print",
        "Call us on",
        "Budget Manager",
    ):
        assert words in offered, words
    submit(client, page, {"level": "alone", "words": ""})
    assert "Nothing else for now" in text_of(client.get(page))
    assert "Budget Manager" not in text_of(client.get(page))


def test_the_person_writes_their_own_help_down(app: Flask, client: FlaskClient) -> None:
    with transaction():
        user_id = UserFactory().id
        person_id = PersonFactory(user_id=user_id).id
    sign_in(client, user_id)
    submit(client, f"/people/{person_id}/help", {"level": "somebody_else", "ways": ["large_print"]})
    assert "Let somebody you trust act for you" in text_of(client.get(f"/people/{person_id}/help"))
    assert help_notes.find_help(actor_of(user_id), person_id).level is HelpLevel.SOMEBODY_ELSE
    assert "How much help I need" in text_of(client.get("/mandates"))
