"""Receipts beside an order: handed in, seen by who may, taken back; asked for once by the council, answered, closed."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from marketplace.accounts.domain import Actor, OrganisationKind, Role
from marketplace.accounts.queries import actor_of
from marketplace.audit.queries import list_for_person
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.outbox.models import Email
from marketplace.planning.evidence import EvidenceKind
from marketplace.planning.queries.evidence import find_asked
from marketplace.planning.services import evidence, monitoring
from marketplace.planning.services.evidence import HandIn
from payments.domain import OrderState
from payments.models import Order
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.integration.planning.counting import queries_of
from tests.integration.planning.world import World, somebody
from tests.pictures import PDF, exif, jpeg


def finance_of(council_id: int | None, role: Role = Role.COUNCIL_FINANCE) -> Actor:
    """An officer of a council."""
    with transaction():
        organisation = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council_id, name="Finance team")
        user_id = UserFactory(name="Olive Officer").id
        MembershipFactory(user_id=user_id, organisation_id=organisation.id, role=role)
    return actor_of(user_id)


def seller_of(order_id: int) -> Actor:
    with transaction():
        organisation_id = db.session.get_one(Order, order_id).organisation_id
        user_id = UserFactory(name="Sally Seller").id
        MembershipFactory(user_id=user_id, organisation_id=organisation_id, role=Role.PROVIDER)
    return actor_of(user_id)


def a_file(content: bytes = PDF, name: str = "receipt.pdf") -> HandIn:
    return HandIn(EvidenceKind.RECEIPT, "Paid in the shop", None, name, content)


def test_a_receipt_is_handed_in_on_the_page_and_each_side_sees_what_it_may(client: FlaskClient, app: Flask) -> None:
    world = World(state=OrderState.CONFIRMED)
    page = f"/orders/{world.order_id}/evidence"
    sign_in(client, world.user_id)
    answer = submit(
        client, page, {"kind": "receipt", "file": (io.BytesIO(jpeg(exif(6))), "IMG_1.HEIC"), "words": "From the till"}
    )
    assert answer.status_code == 302
    assert "Receipt: IMG_1.jpg" in text_of(client.get(page))
    seller, manager, stranger = seller_of(world.order_id), world.holder(), somebody()
    evidence.hand_in(seller, world.order_id, a_file(name="Invoice 7.pdf"))

    def seen(actor: Actor) -> str:
        sign_in(client, actor.user_id or 0)
        return text_of(client.get(page))

    assert "IMG_1.jpg" in seen(manager) and "Invoice 7.pdf" in seen(manager)
    assert "IMG_1.jpg" not in seen(seller) and "Invoice 7.pdf" in seen(seller)
    assert client.get(f"{page}/1").status_code == 404, "a provider does not open what the buyer handed in"
    for other in (stranger, somebody(Role.OPERATOR), finance_of(None)):
        sign_in(client, other.user_id or 0)
        assert [client.get(address).status_code for address in (page, f"{page}/1", f"{page}/2")] == [404] * 3
    sign_in(client, manager.user_id or 0)
    with client.get(f"{page}/1") as response:
        assert response.headers["Content-Disposition"] == "attachment; filename=IMG_1.jpg"
        assert b"Camera" not in response.data
    told = [line.action for line in list_for_person(world.person_id) if line.action.startswith("evidence")]
    assert told == ["evidence.add", "evidence.add"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"<html>", "no whole PDF, JPEG or PNG"),
        (b"", "empty"),
        (None, "Choose a photo or a file"),
        (b"\xff\xd8\xff\xe0\xff\xff\xff\xd9", "not whole"),
    ],
)
def test_a_file_that_is_not_taken_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, app: Flask, file: bytes | None, words: str
) -> None:
    world = World()
    sign_in(client, world.user_id)
    data: dict[str, object] = {"kind": "other", "words": "The blue slip"}
    if file is not None:
        data["file"] = (io.BytesIO(file), "x.pdf")
    answer = submit(client, f"/orders/{world.order_id}/evidence", data)
    assert words in text_of(answer)
    assert "The blue slip" in answer.get_data(as_text=True)
    assert db.session.scalar(text("SELECT count(*) FROM uploads")) == 0


def test_the_same_file_twice_is_one_and_is_taken_back_by_its_owner_for_a_week(app: Flask) -> None:
    world = World()
    evidence.hand_in(world.margaret, world.order_id, a_file())
    evidence.hand_in(world.margaret, world.order_id, a_file())
    count = "SELECT count(*) FROM order_evidence WHERE taken_back_at IS NULL"
    assert db.session.scalar(text(count)) == 1
    assert db.session.scalar(text("SELECT count(*) FROM uploads")) == 1
    manager = world.holder()
    with pytest.raises(NotFound):
        evidence.take_back(manager, world.order_id, 1)
    with clock.fixed_clock(clock.now() + timedelta(days=8)), pytest.raises(NotAllowed, match="for 7 days"):
        evidence.take_back(world.margaret, world.order_id, 1)
    evidence.take_back(world.margaret, world.order_id, 1)
    assert db.session.scalar(text("SELECT count(*) FROM uploads")) == 0
    evidence.hand_in(world.margaret, world.order_id, a_file())
    assert db.session.scalar(text(count)) == 1
    # Without the guard the second press of the button puts a second file there.
    with transaction():
        db.session.execute(text("DROP INDEX uq_order_evidence_once"))
    evidence.hand_in(world.margaret, world.order_id, a_file())
    assert db.session.scalar(text(count)) == 2


def test_the_council_asks_once_is_answered_by_a_file_and_closes(client: FlaskClient, app: Flask) -> None:
    world = World(state=OrderState.CONFIRMED)
    officer, manager = finance_of(world.council_id), world.holder()
    page = f"/orders/{world.order_id}/evidence"
    day = clock.today() + timedelta(days=20)
    sign_in(client, officer.user_id or 0)
    first = client.get(page)
    assert first.status_code == 302, "first the reason"
    assert client.get(f"{page}/ask").status_code == 404
    answer = submit(client, first.location, {"reason": "Routine: receipts above £50"})
    assert answer.location == page
    assert "when it looks" not in text_of(client.get(page))
    early = submit(client, f"{page}/ask", {"words": "The till slip", "due_on": clock.today().isoformat()})
    assert "at least a week" in text_of(early) and "The till slip" in early.get_data(as_text=True)
    asked = submit(client, f"{page}/ask", {"words": "The till slip, for our yearly check", "due_on": day.isoformat()})
    assert asked.status_code == 302
    again = submit(client, f"{page}/ask", {"words": "Once more", "due_on": day.isoformat()})
    assert "it is asked once" in text_of(again)
    letters = db.session.scalars(select(Email).where(Email.subject.contains("The council asks"))).all()
    assert {letter.to_address for letter in letters} == {world.margaret.email, manager.email}
    assert all("The till slip, for our yearly check" in letter.body for letter in letters)

    assert evidence.remind() == 0, "it is not due yet"
    with clock.fixed_clock(clock.now() + timedelta(days=14)):
        assert (evidence.remind(), evidence.remind()) == (1, 0), "one reminder"
    sign_in(client, world.user_id)
    assert "The till slip, for our yearly check" in text_of(client.get(page))
    assert "The till slip" not in text_of(_as(client, seller_of(world.order_id), page)), "no matter of the provider"
    evidence.hand_in(world.margaret, world.order_id, a_file())
    asked_for = find_asked(world.order_id)
    assert asked_for is not None and asked_for.answered_at is not None
    sign_in(client, officer.user_id or 0)
    assert client.get(f"{page}/1").status_code == 200
    assert submit(client, page, {"was_enough": "yes", "words": "Thank you"}, to=f"{page}/close").status_code == 302
    sign_in(client, world.user_id)
    assert "it is all right. “Thank you”" in text_of(client.get(page))
    told = [line.action for line in list_for_person(world.person_id, limit=5)]
    assert told == ["evidence.close", "evidence.open", "evidence.add", "evidence.ask", "monitoring.look"]
    looks = text_of(client.get(f"/people/{world.person_id}/audit?show=looks"))
    assert "Olive Officer (Finance team) looked into what stands out" in looks
    assert "“Routine: receipts above £50”" in looks


def _as(client: FlaskClient, actor: Actor, page: str) -> object:
    sign_in(client, actor.user_id or 0)
    return client.get(page)


def test_an_officer_without_a_live_look_neither_asks_nor_closes_and_an_auditor_never(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(state=OrderState.CONFIRMED)
    officer, auditor = finance_of(world.council_id), finance_of(world.council_id, Role.AUDITOR)
    day = clock.today() + timedelta(days=20)
    monitoring.look(auditor, world.person_id, "A sample")
    for actor in (officer, auditor, world.margaret):
        with pytest.raises(NotFound):
            evidence.ask(actor, world.order_id, "Why not", day)
    monitoring.look(officer, world.person_id, "A sample")
    with clock.fixed_clock(clock.now() + timedelta(hours=25)), pytest.raises(NotFound):
        evidence.ask(officer, world.order_id, "Too late in the day", day)
    evidence.ask(officer, world.order_id, "Now it may", day)
    with pytest.raises(NotFound):
        evidence.close(auditor, world.order_id, "No", was_enough=False)
    # Without the guard somebody who never said why they look would ask.
    other = World(state=OrderState.CONFIRMED)
    with pytest.raises(NotFound):
        evidence.ask(officer, other.order_id, "Never looked", day)
    monkeypatch.setattr(evidence, "has_live_look", lambda actor, person_id: True)
    evidence.ask(officer, other.order_id, "Never looked", day)


def test_the_page_takes_as_many_queries_for_one_file_as_for_ten(client: FlaskClient, app: Flask) -> None:
    world = World()
    page = f"/orders/{world.order_id}/evidence"
    evidence.hand_in(world.margaret, world.order_id, a_file())
    sign_in(client, world.user_id)
    one = queries_of(client, page)
    for number in range(9):
        evidence.hand_in(world.margaret, world.order_id, a_file(PDF + b"%%%d" % number))
    assert queries_of(client, page) == one
