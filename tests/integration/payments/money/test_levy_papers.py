"""The levy's papers as they are read: the PDF, the provider's list, the command, and what `verify` says of damage."""

import io

import pypdf
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.domain import Role
from marketplace.accounts.models import Organisation
from marketplace.accounts.queries import actor_of
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from payments import checks, ledger
from payments.cli import levy as command
from payments.ledger import stories
from payments.models import LevyIssuer, LevyIssuerConfirmed, Order
from payments.services import levy_invoices, levy_issuers
from payments.services.facts import subject_of
from payments.services.levy_issuers import written_vat_number
from payments.services.statements import get_statement
from tests.browser import sign_in, text_of
from tests.factories.accounts import user_with_role
from tests.integration.payments.money.levying import (
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    close,
    day_of,
    given_back,
    on,
    papers,
    sold,
    sold_by_card,
)
from tests.integration.payments.money.telling import Story, names_issuer, operators


def _charge_vat() -> None:
    names_issuer(SEPTEMBER, "Care Market Ltd", "1 High Row\n\nDarlington DL3 7TX", "123 4567 82")


def _an_invoice_and_a_credit_note() -> Story:
    story = sold(day_of(SEPTEMBER, 3), 5400)
    close(SEPTEMBER)
    given_back(day_of(OCTOBER, 2), story, 1400)
    close(OCTOBER)
    return story


def _words(data: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(data), strict=True).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_an_invoice_with_vat_says_all_that_a_vat_invoice_has_to_say(app: Flask, client: FlaskClient) -> None:
    _charge_vat()
    story = _an_invoice_and_a_credit_note()
    sign_in(client, story.provider.user_id or 0)
    invoice, credit = papers()
    answer = client.get(f"/provider/levy/{invoice.id}.pdf")
    assert answer.content_type == "application/pdf"
    assert f'filename="levy-invoice-{invoice.number}.pdf"' in answer.headers["Content-Disposition"]
    words = _words(answer.data)
    for part in (
        "Levy invoice LI-000001",
        invoice.provider["name"],
        "Care Market Ltd 1 High Row Darlington DL3 7TX VAT number GB 123 4567 82",
        "Date 1 October 2026",
        "Month September 2026",
        "Tax point 30 September 2026",
        f"{story.order.reference} 3 September 2026 Sold £54.00 £1.35",
        "Levy without VAT £1.12",
        "VAT at 20% £0.23",
        "Levy with VAT £1.35",
        "There is nothing to pay",
    ):
        assert part in words, part
    credited = _words(client.get(f"/provider/levy/{credit.id}.pdf").data)
    assert "Levy credit note LC-000001" in credited
    assert "Credits Levy invoice LI-000001, September 2026" in credited
    assert "Given back £14.00 £0.35" in credited
    assert "VAT at 20% £0.06" in credited


def test_without_a_vat_number_no_paper_says_vat(app: Flask, client: FlaskClient) -> None:
    story = _an_invoice_and_a_credit_note()
    sign_in(client, story.provider.user_id or 0)
    for paper in papers():
        words = _words(client.get(f"/provider/levy/{paper.id}.pdf").data)
        assert "VAT" not in words and "Tax point" not in words
        assert words.count("Levy") >= 2
    assert "VAT" not in text_of(client.get("/provider/levy"))


def test_a_paper_is_the_same_bytes_though_names_have_changed_since(app: Flask, client: FlaskClient) -> None:
    story = _an_invoice_and_a_credit_note()
    sign_in(client, story.provider.user_id or 0)
    page = f"/provider/levy/{papers()[0].id}.pdf"
    before = client.get(page).data
    with transaction():
        db.session.execute(text("UPDATE organisations SET name = 'Another name', address = 'Elsewhere'"))
    with transaction():
        db.session.get_one(Order, story.order_id).provider_name = "Another name"
    assert client.get(page).data == before


def test_the_list_has_every_paper_with_its_sums_the_newest_month_first(app: Flask, client: FlaskClient) -> None:
    _charge_vat()
    story = _an_invoice_and_a_credit_note()
    sign_in(client, story.provider.user_id or 0)
    words = text_of(client.get("/provider/levy"))
    assert "Credit note LC-000001 (PDF) October 2026, for LI-000001 1 November 2026 −£14.00 −£0.35 −£0.06" in words
    assert "Levy invoice LI-000001 (PDF) September 2026 1 October 2026 £54.00 £1.35 £0.23" in words
    assert words.index("LC-000001 (PDF)") < words.index("LI-000001 (PDF)")
    file = client.get("/provider/levy.csv").get_data(as_text=True).splitlines()
    assert [line.split(",")[0] for line in file[1:]] == ["LC-000001", "LI-000001"]
    assert [line.split(",")[-1] for line in file[1:]] == ["-0.35", "1.35"]
    assert "/provider/levy" in client.get("/provider/money").get_data(as_text=True)
    assert "/provider/levy" in client.get("/provider/statement").get_data(as_text=True)


def test_a_provider_without_an_invoice_is_told_when_the_first_comes(app: Flask, client: FlaskClient) -> None:
    story = sold(day_of(OCTOBER, 3), 5400)
    sign_in(client, story.provider.user_id or 0)
    assert "No invoice yet" in text_of(client.get("/provider/levy"))


def test_another_providers_papers_are_not_there_and_the_operators_may_be_read(app: Flask, client: FlaskClient) -> None:
    _an_invoice_and_a_credit_note()
    other = sold(day_of(NOVEMBER, 3), 5400)
    invoice, credit = papers()
    sign_in(client, other.provider.user_id or 0)
    assert client.get(f"/provider/levy?organisation={invoice.organisation_id}").status_code == 404
    assert client.get(f"/provider/levy/{invoice.id}.pdf").status_code == 404
    assert client.get("/provider/levy/7.pdf").status_code == 404
    sign_in(client, operators(1)[0].user_id or 0)
    assert client.get(f"/provider/levy/{credit.id}.pdf").status_code == 200


def _run(app: Flask, *arguments: str) -> tuple[int, str]:
    db.session.remove()
    found = CliRunner().invoke(command.levy_invoices, list(arguments), obj=lambda: app)
    return found.exit_code, found.output


def test_the_command_closes_a_month_and_reports_it_and_again_changes_nothing(app: Flask) -> None:
    _charge_vat()
    story = sold(day_of(SEPTEMBER, 3), 5400)
    given_back(day_of(OCTOBER, 3), story, 1400)
    with on(day_of(NOVEMBER, 2)):
        code, said = _run(app, "--month", "2026-10")
        assert code == 0
        assert said.splitlines() == [
            "September 2026: 1 invoice, 0 credit notes, levy £1.35, VAT in it £0.23.",
            "October 2026: 0 invoices, 1 credit note, levy −£0.35, VAT in it −£0.06.",
        ]
        again = (
            "October 2026: 0 invoices, 1 credit note, levy −£0.35, VAT in it −£0.06. Closed before, on 2 November 2026."
        )
        assert _run(app) == (0, again + "\n")
    assert len(papers()) == 2


def test_a_provider_whose_papers_cannot_be_made_keeps_the_month_open_and_nobody_else_waiting(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sold(day_of(SEPTEMBER, 3), 5400), sold(day_of(SEPTEMBER, 4), 2000)
    close(SEPTEMBER)
    given_back(day_of(OCTOBER, 3), first, 1400)
    given_back(day_of(OCTOBER, 3), second, 1000)
    broken = papers(seller=first)[0].id
    real = levy_invoices._left_of
    monkeypatch.setattr(levy_invoices, "_left_of", lambda home: 0 if home.id == broken else real(home))
    with on(day_of(NOVEMBER, 2)):
        code, said = _run(app)
        assert code == 1
        assert f"October 2026 stays open. Provider {first.organisation_id}: more would be credited than" in said
        assert len(papers(seller=second)) == 2 and len(papers(seller=first)) == 1
        monkeypatch.undo()
        code, said = _run(app)
    assert (code, len(papers(seller=first))) == (0, 2)
    assert "October 2026: 0 invoices, 2 credit notes" in said


def test_the_command_says_in_a_line_what_it_cannot_do(app: Flask) -> None:
    with on(day_of(NOVEMBER, 2)):
        assert _run(app) == (0, "October 2026: nothing was sold yet.\n")
        code, said = _run(app, "--month", "2026-11")
        assert code == 1 and "November 2026 is not over" in said
        code, said = _run(app, "--month", "Oktober")
        assert code == 2 and "write it like 2026-10" in said


def test_the_statement_shows_the_card_fee_beside_its_order_and_who_pays_it(app: Flask, client: FlaskClient) -> None:
    order_id = sold_by_card(day_of(OCTOBER, 5), 5_400, 101)
    with on(day_of(NOVEMBER, 3)), transaction():
        order = db.session.get_one(Order, order_id)
        organisation_id, reference = order.organisation_id, order.reference
        member_id = user_with_role(Role.PROVIDER, db.session.get_one(Organisation, organisation_id)).id
        ledger.book(stories.movement("txn_late", "refund", -100, 7, clock.now(), subject_of(order)))
    statement = get_statement(actor_of(member_id), organisation_id, OCTOBER)
    assert [(line.gross_pence, line.levy_pence, line.fee_pence, line.net_pence) for line in statement.lines] == [
        (5_400, 135, 101, 5_265)
    ]
    (alone,) = get_statement(actor_of(member_id), organisation_id, NOVEMBER).lines
    assert (alone.reference, alone.kind, alone.fee_pence, alone.net_pence) == (reference, "card_fee", 7, 0)
    sign_in(client, member_id)
    words = text_of(client.get("/provider/statement?month=2026-10"))
    assert "Card fee, paid by us" in words and "£1.01" in words
    assert f"{app.config['SERVICE_NAME']} pays it out of the levy" in words
    file = client.get("/provider/statement.csv?month=2026-11").get_data(as_text=True)
    assert f"card fee,,0.00,0.00,0.00,0.07,{app.config['SERVICE_NAME']}" in file


DAMAGES = {
    "a number is missing": (
        "UPDATE levy_documents SET serial = 5 WHERE number = 'LI-000002'",
        "levy:invoice: 2 papers, the last number is 5 and the counter says 2",
    ),
    "a paper says another sum": (
        "UPDATE levy_documents SET levy_pence = 134 WHERE number = 'LI-000001'",
        "LI-000001 is",
    ),
    "a line says another sum": (
        "UPDATE levy_document_lines SET levy_pence = levy_pence + 1 WHERE kind = 'refund'",
        "LC-000001 is £0.35, its lines are −£0.34",
    ),
    "the vat was changed": ("UPDATE levy_documents SET vat_pence = 7 WHERE number = 'LC-000001'", "of VAT"),
    "a line moved to another day": (
        "UPDATE levy_document_lines SET booked_on = '2026-09-09' WHERE kind = 'refund'",
        "line 1 of LC-000001 is not what the ledger has",
    ),
    "a month says another sum": ("UPDATE levy_months SET levy_pence = 1", "September 2026 was closed with another sum"),
    "a month lost its paper": (
        "UPDATE levy_documents SET month = '2026-12-01' WHERE number = 'LI-000002'",
        "September 2026 was closed with another sum",
    ),
    "a month says another number of invoices": (
        "UPDATE levy_months SET invoices = 3 WHERE month = '2026-09-01'",
        "September 2026 was closed with 3 invoices and 0 credit notes, it has 2 and 0",
    ),
    "a month says another number of credit notes": (
        "UPDATE levy_months SET credit_notes = 0 WHERE month = '2026-10-01'",
        "October 2026 was closed with 0 invoices and 0 credit notes, it has 0 and 1",
    ),
    "a paper names another issuer": (
        """UPDATE levy_documents SET issuer = '{"name": "Others Ltd", "address": [], "vat_number": null}' """
        "WHERE number = 'LI-000002'",
        "LI-000002 is not what was issued: its words or its amounts are others",
    ),
    "a paper names another provider": (
        "UPDATE levy_documents SET provider = (SELECT other.provider FROM levy_documents AS other "
        "WHERE other.number = 'LI-000002') WHERE number = 'LI-000001'",
        "LI-000001 is not what was issued",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_names_each_damage(app: Flask, damage: str) -> None:
    _charge_vat()
    other = sold(day_of(SEPTEMBER, 4), 2000)
    _an_invoice_and_a_credit_note()
    assert len(papers(seller=other)) == 1
    assert _faults() == []
    statement, words = DAMAGES[damage]
    _without_triggers(statement)
    (fault,) = _faults()
    assert words in fault


def test_verify_names_papers_that_were_exchanged(app: Flask) -> None:
    """Two invoices change their numbers, then their places; what was sold has another price on its line and paper."""
    sold(day_of(SEPTEMBER, 4), 2000)
    _an_invoice_and_a_credit_note()
    changes = "UPDATE levy_documents SET {} WHERE kind = 'invoice' AND {}".format
    for change, where in (
        ("number = 'LI'", "serial = 1"),
        ("number = 'LI-000001'", "serial = 2"),
        ("number = 'LI-000002'", "serial = 1"),
    ):
        _without_triggers(changes(change, where))
    assert _faults() == ["LI-000002 stands where LI-000001 belongs"]
    for change, where in (("serial = 9", "serial = 2"), ("serial = 2", "serial = 1"), ("serial = 1", "serial = 9")):
        _without_triggers(changes(change, where))
    assert _faults() == ["LI-000001 is LI-000002 in the audit record"]
    for number in (1, 2):
        _without_triggers(changes(f"number = 'LI-{number}'", f"serial = {number}"))
    for number in (1, 2):
        _without_triggers(changes(f"number = 'LI-00000{3 - number}', serial = {number + 7}", f"serial = {number}"))
    for number in (1, 2):
        _without_triggers(changes(f"serial = {3 - number}", f"serial = {number + 7}"))
    assert _faults() == []
    _without_triggers(changes("gross_pence = gross_pence + 1", "serial = 1"))
    (fault,) = _faults()
    assert fault.startswith("LI-000001 is ") and fault.endswith(", or of another price")
    _without_triggers(
        "UPDATE levy_document_lines SET gross_pence = gross_pence + 1 "
        "WHERE document_id = (SELECT id FROM levy_documents WHERE number = 'LI-000001')"
    )
    assert _faults() == ["line 1 of LI-000001 is not what the ledger has"]


def _faults() -> list[str]:
    db.session.rollback()
    return [check.fault for check in checks.run() if check.fault and "credit notes" in check.what]


def _without_triggers(statement: str) -> None:
    """What somebody does who may change anything: the triggers are what keeps everybody else from it."""
    with transaction():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for name in db.session.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'levy_%'")
            ).all():
                db.session.execute(text(f"DROP TRIGGER {name}"))
        db.session.execute(text(statement))


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("GB123456782", "GB 123 4567 82"),
        ("123 4567 27", "GB 123 4567 27"),
        ("gb 123-4567-82 001", "GB 123 4567 82 001"),
    ],
)
def test_a_vat_number_is_read_in_any_writing(typed: str, written: str) -> None:
    assert written_vat_number(typed) == written


@pytest.mark.parametrize("typed", ["123456783", "GB12345678", "FR123456782", "abc", "١٢٣٤٥٦٧٨٢", "GB1234567820"])
def test_a_vat_number_that_does_not_add_up_is_refused(typed: str) -> None:
    with pytest.raises(DomainError, match="Enter a VAT number") as refused:
        written_vat_number(typed)
    assert refused.value.field == "vat_number"


def test_who_stands_on_invoices_is_set_by_two_operators_for_months_to_come(app: Flask) -> None:
    story = _an_invoice_and_a_credit_note()
    operator, colleague = operators()
    with pytest.raises(NotFound):
        levy_issuers.propose_issuer(story.provider, NOVEMBER, "A", "B", None)
    with pytest.raises(DomainError, match="Choose November 2026 or later") as refused:
        levy_issuers.propose_issuer(operator, OCTOBER, "Care Market Ltd", "1 High Row", None)
    assert refused.value.field == "starts_on"
    first = levy_issuers.propose_issuer(operator, NOVEMBER, "Care Market Ltd", "1 High Row", None)
    last = levy_issuers.propose_issuer(
        operator, NOVEMBER, " Care  Market  CIC ", " 2 High Row \n\n Darlington ", "123456782"
    )
    assert levy_issuers.issuer_for(NOVEMBER).name == app.config["SERVICE_NAME"]  # nobody has confirmed it
    assert [each.id for each in levy_issuers.list_waiting_issuers()] == [first, last]
    for issuer_id in (first, last):
        with pytest.raises(NotFound):
            levy_issuers.confirm_issuer(story.provider, issuer_id)
        with pytest.raises(DomainError, match="Ask a colleague"):
            levy_issuers.confirm_issuer(operator, issuer_id)
        levy_issuers.confirm_issuer(colleague, issuer_id)
        levy_issuers.confirm_issuer(operator, issuer_id)  # it is: nothing happens
    assert levy_issuers.list_waiting_issuers() == []
    assert levy_issuers.issuer_for(OCTOBER).name == app.config["SERVICE_NAME"]
    now = levy_issuers.issuer_for(day_of(NOVEMBER, 30))
    assert (now.name, now.address, now.vat_number, now.vat_rate_bp) == (
        "Care Market CIC",
        "2 High Row\nDarlington",
        "GB 123 4567 82",
        2_000,
    )
    assert [each.issuer.name for each in levy_issuers.list_issuers()] == ["Care Market CIC", "Care Market Ltd"]


def test_without_the_rule_of_two_the_database_still_refuses_one_operator_alone(app: Flask) -> None:
    """The negative control of the service's rule; without the constraint, too, one operator would set the VAT alone."""
    operator, colleague = operators()
    levy_issuers.propose_issuer(operator, NOVEMBER, "Care Market Ltd", "1 High Row", "123456782")
    issuer_id = db.session.scalars(select(LevyIssuer.id)).one()
    alone = {"issuer_id": issuer_id, "set_by_user_id": operator.user_id, "at": clock.now()}
    with pytest.raises(IntegrityError, match="second_person"), transaction():
        db.session.execute(insert(LevyIssuerConfirmed).values(by_user_id=operator.user_id, **alone))
    assert levy_issuers.issuer_for(NOVEMBER).vat_rate_bp == 0
    with transaction():
        db.session.execute(insert(LevyIssuerConfirmed).values(by_user_id=None, **alone))
    assert levy_issuers.issuer_for(NOVEMBER).vat_rate_bp == 2_000
    late = levy_issuers.propose_issuer(operator, NOVEMBER, "Late Ltd", "1 High Row", None)
    for month in (SEPTEMBER, OCTOBER, NOVEMBER):
        sold(day_of(month, 2), 5400)
        close(month)
    with pytest.raises(DomainError, match="what is invoiced stays"):
        levy_issuers.confirm_issuer(colleague, late)
    assert levy_issuers.list_waiting_issuers() == []
