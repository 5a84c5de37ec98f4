"""A provider's levy invoices and credit notes: the list, and each as a PDF."""

from flask import Response as Answer
from flask import render_template

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.ui.downloads import csv_file
from marketplace.ui.navigation import page_asked
from marketplace.ui.pdf import pdf_file
from payments import levy_papers
from payments.files import levy_papers_csv
from payments.queries.levy_documents import count_papers, get_paper, list_papers
from payments.routes import blueprint
from payments.routes.money import PROVIDER, named_organisation

PER_PAGE = 50


@blueprint.get("/provider/levy")
@allow(PROVIDER)
def provider_levy() -> str:
    """Every paper about the levy that this provider got, the newest month first."""
    organisation = named_organisation()
    count = count_papers(organisation_id=organisation.organisation_id)
    last = max(1, -(-count // PER_PAGE))
    page = page_asked(last)
    return render_template(
        "payments/money/levy.html",
        organisation=organisation,
        papers=list_papers(organisation_id=organisation.organisation_id, limit=PER_PAGE, offset=(page - 1) * PER_PAGE),
        page=page,
        last=last,
    )


@blueprint.get("/provider/levy.csv")
@allow(PROVIDER)
def provider_levy_csv() -> Answer:
    """The same list as a file."""
    organisation_id = named_organisation().organisation_id
    return csv_file(levy_papers_csv(list_papers(organisation_id=organisation_id)), f"levy-papers-{organisation_id}.csv")


@blueprint.get("/provider/levy/<int:document_id>.pdf")
@allow(roles(Role.PROVIDER, Role.OPERATOR))
def levy_paper(document_id: int) -> Answer:
    whole = get_paper(current_actor(), document_id)
    return pdf_file(levy_papers.as_paper(whole), levy_papers.file_name(whole.paper.kind, whole.paper.number))
