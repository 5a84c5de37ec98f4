"""Settlement on the pages and on the command line: settings, downloads, what a bank returned, files written once."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.ui.pdf import Paper
from payments import run_folder
from payments.cli.settlement import settlement_files
from payments.journal import NOTHING
from payments.queries.payers import current_settings
from payments.queries.settlement_runs import list_payments, run_with_lines
from payments.routes import settlement_files as pages
from payments.services import settlement
from tests.bacs import parse
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, council, user_with_role
from tests.integration.payments.money.banking import paid_at, pays_by_bank
from tests.integration.payments.money.telling import Story, finance, operators, settled_story

PAGE = "/council/settlement"
SETTINGS = f"{PAGE}/settings"


def _sent() -> tuple[Story, Actor, Actor, int]:
    """A run by bank that was sent, with its provider and two officers."""
    first, second = finance()
    with transaction():
        council_id = council().id
    pays_by_bank(first, council_id)
    story = settled_story()
    paid_at(story, "00000001")
    run_id = settlement.prepare(first, council_id, clock.today())
    settlement.send(second, run_id)
    return story, first, second, run_id


def test_a_council_sets_the_account_that_pays(app: Flask, client: FlaskClient) -> None:
    (officer,) = finance(1)
    sign_in(client, officer.user_id or 0)
    assert "No account yet" in text_of(client.get(SETTINGS))
    typed = {"account_name": "Darlington", "sort_code": "10-00-01", "account_number": "20000002"}
    wrong = submit(client, f"{SETTINGS}/account", typed | {"service_user_number": "12345"})
    assert "6 digits of your service user number" in text_of(wrong)
    assert 'value="20000002"' in wrong.get_data(as_text=True)
    done = submit(client, f"{SETTINGS}/account", typed | {"service_user_number": "654321"}, follow_redirects=True)
    assert "10-00-01, 20000002" in text_of(done)
    for unknown in ({"council": "999"}, {"holder": "1"}):
        assert client.get(SETTINGS, query_string=unknown).status_code == 404


def test_a_journal_that_lacks_its_cost_code_is_refused_and_nothing_typed_is_lost(
    app: Flask, client: FlaskClient
) -> None:
    (officer,) = finance(1)
    with transaction():
        council_id = council().id
    sign_in(client, officer.user_id or 0)
    columns = {"field_1": "amount", "heading_1": "Net of all", "field_2": "run", "heading_2": "Batch"}
    codes = {"care": "C1", "providers": "P1", "operator": "O1", "returned": "R1", "code_meals": "C-MEALS"}
    rest = {f"field_{row}": NOTHING for row in range(3, 13)} | {f"heading_{row}": "" for row in range(3, 13)}
    wrong = submit(client, f"{SETTINGS}/journal", columns | codes | rest)
    assert "The journal needs a column for the cost code" in text_of(wrong)
    for typed in ("Net of all", "C-MEALS", "Batch"):
        assert f'value="{typed}"' in wrong.get_data(as_text=True)
    assert current_settings(council_id, None).id is None
    mended = rest | {"field_3": "account", "heading_3": "GL"}
    done = submit(client, f"{SETTINGS}/journal", columns | codes | mended, follow_redirects=True)
    assert "booked like this" in text_of(done)
    journal = current_settings(council_id, None).journal
    assert journal.columns == (("amount", "Net of all"), ("run", "Batch"), ("account", "GL"))
    assert (journal.care, dict(journal.by_category)) == ("C1", {"meals": "C-MEALS"})
    shown = client.get(f"{SETTINGS}/journal").get_data(as_text=True)
    assert 'value="C-MEALS"' in shown


def test_the_run_has_its_payments_and_every_file(app: Flask, client: FlaskClient) -> None:
    story, _, second, run_id = _sent()
    sign_in(client, second.user_id or 0)
    page = client.get(f"{PAGE}/{run_id}")
    assert "11-22-33, 00000001" in text_of(page)
    assert "Did the bank return it?" in text_of(page)
    bacs = client.get(f"{PAGE}/{run_id}/bacs.txt")
    assert (bacs.status_code, bacs.data) == (200, client.get(f"{PAGE}/{run_id}/bacs.txt").data)
    assert parse(bacs.data.decode("ascii")).contra.pence == 5400
    assert "-bacs.txt" in bacs.headers["Content-Disposition"]
    pdf = client.get(f"/settlement/{run_id}/remittance/{story.organisation_id}.pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert pdf.data == client.get(f"/settlement/{run_id}/remittance/{story.organisation_id}.pdf").data


def test_an_auditor_and_another_council_see_no_account_number(app: Flask, client: FlaskClient) -> None:
    _, _, _, run_id = _sent()
    with transaction():
        auditor = user_with_role(Role.AUDITOR, OrganisationFactory(kind="council", council_id=council().id)).id
        stranger = user_with_role(
            Role.COUNCIL_FINANCE, OrganisationFactory(kind="council", council_id=council("E06000001").id)
        ).id
    sign_in(client, auditor)
    page = text_of(client.get(f"{PAGE}/{run_id}"))
    assert "account ending 001" in page
    assert "00000001" not in page
    assert client.get(f"{PAGE}/{run_id}/bacs.txt").status_code == 404
    sign_in(client, stranger)
    assert client.get(f"{PAGE}/{run_id}/bacs.txt").status_code == 404
    assert client.get(f"{PAGE}/{run_id}").status_code == 404


def test_the_operator_reads_a_remittance_without_the_people_who_were_helped(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, first, _, run_id = _sent()
    name, (operator,) = story.order.person_name, operators(1)
    papers: list[str] = []

    def kept(paper: Paper, _: str) -> str:
        papers.append(repr(paper))
        return "a paper"

    monkeypatch.setattr(pages, "pdf_file", kept)
    page = f"/settlement/{run_id}/remittance/{story.organisation_id}"
    for reader, sees in ((operator, False), (first, True), (story.provider, True)):
        sign_in(client, reader.user_id or 0)
        for read in (client.get(page), client.get(f"{page}.csv")):
            assert read.status_code == 200
            assert (name in read.get_data(as_text=True)) is sees
            assert story.order.reference in read.get_data(as_text=True)
        client.get(f"{page}.pdf")
        assert (name in papers[-1]) is sees
        header, line, total = client.get(f"{page}.csv").get_data(as_text=True).splitlines()
        assert ("person" in header) is sees
        assert header.count(",") == line.count(",") == total.count(",")


def test_a_returned_payment_is_marked_on_its_page_and_the_provider_sees_it(app: Flask, client: FlaskClient) -> None:
    story, first, _, run_id = _sent()
    sign_in(client, first.user_id or 0)
    payment = list_payments(run_with_lines(run_id))[0]
    page = f"{PAGE}/{run_id}/payments/{payment.id}/returned"
    assert "Say why the bank returned it" in text_of(submit(client, page, {"reason": " "}))
    done = submit(client, page, {"reason": "No such account"}, follow_redirects=True)
    assert "paid again in the next run" in text_of(done)
    assert "No such account" in text_of(client.get(f"{PAGE}/{run_id}"))
    assert "£52.65" in text_of(client.get(PAGE))
    sign_in(client, story.provider.user_id or 0)
    assert "Your bank returned £52.65" in text_of(client.get("/provider/money"))
    assert "Sent back by your bank" in text_of(client.get("/provider/payouts"))


def test_a_long_run_and_many_runs_are_paged(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from payments.routes import settlement as pages

    (first,) = finance(1)
    with transaction():
        council_id = council().id
    for _ in range(3):
        settled_story()
    run_id = settlement.prepare(first, council_id, clock.today())
    monkeypatch.setattr(pages, "PAYMENTS_ON_A_PAGE", 2)
    sign_in(client, first.user_id or 0)
    one, two = (text_of(client.get(f"{PAGE}/{run_id}", query_string={"page": page})) for page in (1, 2))
    assert "The operator (levy)" not in one
    assert "The operator (levy)" in two


def test_a_fund_holders_people_settle_their_own_funds(app: Flask, client: FlaskClient) -> None:
    from sqlalchemy import select

    from marketplace.database import db
    from payments.domain import Payer
    from payments.models import OrderFunding

    story = settled_story()
    with transaction():
        holder = OrganisationFactory(name="Dales Fund Holder", kind="support")
        officer, holder_id = user_with_role(Role.FUND_FINANCE, holder).id, holder.id
        funding = db.session.scalars(select(OrderFunding).where(OrderFunding.order_id == story.order_id)).one()
        funding.payer, funding.payer_organisation_id = Payer.ISF_HOLDER, holder_id
    sign_in(client, finance(1)[0].user_id or 0)
    assert "Its own finance people prepare and send its runs." in text_of(client.get(PAGE))
    pays_by_bank(actor_of(officer), None, holder_id)
    paid_at(story, "00000001")
    sign_in(client, officer)
    assert "Dales Fund Holder" in text_of(client.get(SETTINGS))
    page = client.get(PAGE)
    hidden = dict(re.findall(r'name="(council_id|payer|up_to|seen)" value="([^"]*)"', page.get_data(as_text=True)))
    assert "10-00-01" not in text_of(page)
    preview = client.get(f"{PAGE}/preview", query_string={"council": hidden["council_id"], "payer": holder_id})
    assert "11-22-33, 00000001" in text_of(preview)
    answer = submit(client, PAGE, dict(hidden), to=f"{PAGE}/prepare")
    assert "Dales Fund Holder" in text_of(client.get(answer.location))


def test_files_are_written_once_and_never_over_others(app: Flask, tmp_path: Path) -> None:
    _, _, _, run_id = _sent()
    reference = run_with_lines(run_id).reference
    first = run_folder.write_run(reference, tmp_path)
    assert [is_new for _, is_new in first] == [True] * 5
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert [is_new for _, is_new in run_folder.write_run(reference, tmp_path)] == [False] * 5
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    bacs = tmp_path / f"{reference}-bacs.txt"
    bacs.write_bytes(b"something else")
    (tmp_path / f"{reference}-payments.csv").unlink()
    with pytest.raises(run_folder.FileDiffers, match="nothing was written"):
        run_folder.write_run(reference, tmp_path)
    assert bacs.read_bytes() == b"something else"
    assert not (tmp_path / f"{reference}-payments.csv").exists()


def test_the_command_says_what_it_wrote_and_what_is_wrong_in_one_line(app: Flask, tmp_path: Path) -> None:
    _, _, _, run_id = _sent()
    reference = run_with_lines(run_id).reference
    run = CliRunner().invoke(settlement_files, [reference, str(tmp_path / "out")], obj=lambda: app)
    assert run.exit_code == 0
    assert f"wrote {reference}-bacs.txt" in run.output
    unknown = CliRunner().invoke(settlement_files, ["SR-NONE", str(tmp_path)], obj=lambda: app)
    assert unknown.exit_code == 1
    assert unknown.output.strip() == "Error: There is no run SR-NONE that was sent."
