"""Samples of purchases: drawn by stated rules and at random, looked at one by one, answered, counted."""

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.queries.mandates import get_mandate
from budgets.words import BASIS_WORDS
from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import get_council, names_of
from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import format_pounds, plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from marketplace.planning.forms import LookForm
from marketplace.planning.forms.sampling import AnswerForm, DrawForm
from marketplace.planning.queries.evidence import evidence_of_orders, has_live_look
from marketplace.planning.queries.sampling import (
    PAGE,
    READERS,
    ItemView,
    counts_of,
    get_sample,
    list_items,
    list_samples,
)
from marketplace.planning.routes import blueprint
from marketplace.planning.sampling import ANSWERS, SENTENCES, TITLES, Draw, Risk
from marketplace.planning.services import sampling as services
from marketplace.ui.downloads import csv_file
from marketplace.ui.filters import short_date
from marketplace.ui.navigation import page_asked
from payments import words
from payments.queries.orders import OrderView

_READERS = roles(*READERS)


def _sentences(large_pence: int) -> dict[str, str]:
    return {risk.value: text.format(large=format_pounds(large_pence)) for risk, text in SENTENCES.items()}


@blueprint.route("/council/samples", methods=["GET", "POST"])
@allow(_READERS)
def samples() -> Response | str:
    """Samples that were drawn, and the form for another."""
    actor = current_actor()
    council_ids = actor.council_ids(*READERS)
    form = DrawForm()
    if form.validate_on_submit() and council_ids:
        try:
            sample_id = services.draw(actor, form.to_wanted(council_ids[0]))
            return redirect(url_for("planning.sample", sample_id=sample_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "planning/samples.html",
        form=form,
        samples=list_samples(council_ids),
        council=get_council(council_ids[0]) if council_ids else None,
        titles=TITLES,
        risks=list(Risk),
        sentences=_sentences(form.large.data or Draw("").large_pence),
    )


@blueprint.get("/council/samples/<int:sample_id>")
@allow(_READERS)
def sample(sample_id: int) -> str:
    """One sample: how it was drawn, what each rule came to, and its purchases."""
    actor = current_actor()
    shown = get_sample(actor, sample_id)
    counts = counts_of(sample_id)
    last = max(1, -(-counts[-1].picked // PAGE))
    page = page_asked(last)
    return render_template(
        "planning/sample.html",
        sample=shown,
        counts=counts,
        items=list_items(sample_id, page=page),
        page=page,
        last=last,
        by=names_of([shown.drawn_by_user_id]).get(shown.drawn_by_user_id, "Somebody"),
        council=get_council(shown.council_id),
        titles=TITLES,
        answers=ANSWERS,
        sentences=_sentences(shown.large_pence),
    )


@blueprint.get("/council/samples/<int:sample_id>.csv")
@allow(_READERS)
def sample_csv(sample_id: int) -> Answer:
    """A sample as a file: no names of people, the reference of each order instead."""
    get_sample(current_actor(), sample_id)
    header = ("order", "picked_by", "rules_met", "provider", "pounds", "looked_at", "answer", "words", "said_by")
    return csv_file(csv_of(header, map(_row, list_items(sample_id))), f"sample-{sample_id}.csv")


def _row(item: ItemView) -> tuple[str, ...]:
    last = item.last
    return (
        item.order.reference,
        TITLES[item.picked_by],
        "; ".join(TITLES[risk] for risk in item.risks),
        harmless(item.order.provider_name),
        plain_pounds(item.order.total_pence),
        item.looked_at.isoformat() if item.looked_at else "",
        ANSWERS[last.answer] if last else "",
        harmless(last.words) if last else "",
        harmless(last.by) if last else "",
    )


@blueprint.route("/council/samples/items/<int:item_id>", methods=["GET", "POST"])
@allow(roles(*READERS, Role.SAFEGUARDING_LEAD))
def sample_item(item_id: int) -> Response | str:
    """One purchase: the reason first; then who spent it, for what, with whose leave; then the answer."""
    actor = current_actor()
    item, shown, order = services.open_item(actor, item_id)
    is_looking = has_live_look(actor, order.person_id) and item.looked_at is not None
    may_answer = services.may_answer(actor, shown)
    form = AnswerForm() if is_looking and "answer" in request.form else LookForm()
    if is_looking and request.method == "GET":
        form = AnswerForm()
    if form.validate_on_submit():
        try:
            if isinstance(form, AnswerForm):
                services.answer(actor, item_id, form.said(), form.words.data)
                flash("Your answer is kept.", "success")
                if actor.has(*READERS):
                    return redirect(_next(shown.id, item_id))
                return redirect(url_for("planning.sample_item", item_id=item_id))
            services.look(actor, item_id, form.reason.data)
            return redirect(url_for("planning.sample_item", item_id=item_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "planning/sample_item.html",
        item=item,
        sample=shown,
        order=order,
        form=form,
        is_looking=is_looking,
        may_answer=may_answer,
        files=evidence_of_orders([order.id]).get(order.id, []) if is_looking else [],
        titles=TITLES,
        answers=ANSWERS,
        sentences=_sentences(shown.large_pence),
        words=words,
        leave=_leave(order),
        reads_all=actor.has(*READERS),
    )


def _leave(order: OrderView) -> str:
    """Under what right an order was prepared, and who agreed to it."""
    if order.assisted_by_organisation_id is not None:
        leave = "With the person, at an access point"
    elif order.mandate_id is None:
        leave = "The person themself"
    else:
        mandate = get_mandate(order.mandate_id)
        leave = f"{BASIS_WORDS[mandate.legal_basis]}, until {short_date(mandate.ends_on)}"
    if order.approval is not None and order.approval.approved:
        agreed = names_of([order.approval.decided_by_user_id]).get(order.approval.decided_by_user_id, "somebody")
        leave += f"; agreed to by {agreed}"
    return leave


def _next(sample_id: int, item_id: int) -> str:
    """The next purchase of the sample that nobody has answered yet; else the sample."""
    waiting = [item.id for item in list_items(sample_id) if not item.said]
    following = next((each for each in waiting if each > item_id), None)
    if following is None:
        return url_for("planning.sample", sample_id=sample_id)
    return url_for("planning.sample_item", item_id=following)
