"""Money to look at, and what somebody complained about: lists that are paged, filtered and exported."""

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.accounts.access import allow, current_actor, roles
from marketplace.accounts.domain import Role
from marketplace.accounts.queries import names_of
from marketplace.desk.forms import DecideExplanationForm, EndReviewForm, ExplainForm
from marketplace.desk.money_to_look_at import WORDS, MoneyItem, MoneyKind, count_by_kind, list_money
from marketplace.desk.routes import PER_PAGE, blueprint, page_of
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.money import plain_pounds
from marketplace.kernel.spreadsheets import csv_of, harmless
from marketplace.ui.downloads import csv_file
from payments.domain import PaymentState
from payments.files import iso_day
from payments.queries.complaints import count_complaints, list_complaints
from payments.queries.money import find_in_review
from payments.queries.orders import get_order
from payments.queries.unexplained import get_unexplained, list_explanations
from payments.services import explaining
from payments.services.reviewing import end_review
from payments.words import PAYMENT_FOR_BUYER, state_for_provider

OPERATOR = roles(Role.OPERATOR)


@blueprint.get("/desk/money")
@allow(OPERATOR)
def money_to_look_at() -> str:
    """Money that somebody has to look at, what ends first at the top."""
    everything = list_money(current_actor())
    found, kind = _of_kind(everything)
    page, last = page_of(len(found))
    return render_template(
        "desk/money.html",
        items=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        count=len(found),
        counts=count_by_kind(everything),
        kind=kind,
        words=WORDS,
        page=page,
        last=last,
    )


@blueprint.get("/desk/money.csv")
@allow(OPERATOR)
def money_to_look_at_csv() -> Answer:
    """The same list as a file."""
    found, _ = _of_kind(list_money(current_actor()))
    rows = (
        (
            item.words,
            harmless(item.what),
            plain_pounds(item.pence) if item.pence is not None else "",
            iso_day(item.since),
            iso_day(item.until) if item.until else "",
            harmless(item.todo),
            item.owner,
        )
        for item in found
    )
    header = ("kind", "what", "amount", "since", "until", "what_to_do", "who")
    return csv_file(csv_of(header, rows), "money-to-look-at.csv")


def _of_kind(items: list[MoneyItem]) -> tuple[list[MoneyItem], MoneyKind | None]:
    """Those of the kind that the address names; all when it names none. Raises NotFound for another word."""
    text = request.args.get("kind", "")
    if not text:
        return items, None
    try:
        kind = MoneyKind(text)
    except ValueError:
        raise NotFound() from None
    return [item for item in items if item.kind is kind], kind


@blueprint.get("/desk/complaints")
@allow(OPERATOR)
def complaints() -> str:
    """What somebody complained about and nobody has ended yet, the oldest first; or what has ended."""
    ended = _ended()
    count = count_complaints(ended=ended)
    page, last = page_of(count)
    return render_template(
        "desk/complaints.html",
        complaints=list_complaints(ended=ended, limit=PER_PAGE, offset=(page - 1) * PER_PAGE),
        count=count,
        ended=ended,
        page=page,
        last=last,
        state_words=state_for_provider,
        payment_words=PAYMENT_FOR_BUYER,
    )


@blueprint.get("/desk/complaints.csv")
@allow(OPERATOR)
def complaints_csv() -> Answer:
    """The same list as a file, without what was written: that may speak of health."""
    rows = (
        (
            each.reference,
            harmless(each.provider_name),
            plain_pounds(each.total_pence),
            state_for_provider(each.state),
            iso_day(each.since),
            iso_day(each.answered_at) if each.answered_at else "",
            iso_day(each.ended_at) if each.ended_at else "",
        )
        for each in list_complaints(ended=_ended(), limit=None)
    )
    header = ("order", "provider", "amount", "order_is", "since", "answered_on", "ended_on")
    return csv_file(csv_of(header, rows), "complaints.csv")


@blueprint.route("/desk/money/unexplained/<int:unexplained_id>", methods=["GET", "POST"])
@allow(OPERATOR)
def unexplained(unexplained_id: int) -> Response | str:
    """Money that moved at Stripe for no order of ours: say what it was, or decide about what a colleague says."""
    moved = get_unexplained(unexplained_id)
    said = list_explanations(unexplained_id)
    standing = next((each for each in said if each.agreed is not False), None)
    if standing is not None and "code" in request.form:  # a second press, or a colleague was quicker
        flash("It was explained already: look below.")
        return redirect(url_for("desk.unexplained", unexplained_id=unexplained_id))
    form = DecideExplanationForm() if standing else ExplainForm()
    if (standing is None or standing.agreed is None) and form.validate_on_submit():
        try:
            if standing is None:
                explaining.explain(current_actor(), unexplained_id, form.code.data, form.reason.data or "")
                flash("A colleague has to agree now. It is on the desk.", "success")
            else:
                agreed = form.answer.data == "yes"
                explaining.decide(current_actor(), standing.id, agreed=agreed)
                flash("It is booked where it belongs." if agreed else "It has to be explained again.", "success")
            return redirect(url_for("desk.unexplained", unexplained_id=unexplained_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "desk/unexplained.html",
        moved=moved,
        said=said,
        standing=standing,
        form=form,
        mine=standing is not None and standing.prepared_by_user_id == current_actor().user_id,
        belongs_to=explaining.BELONGS_TO,
        names=names_of(user_id for each in said for user_id in (each.prepared_by_user_id, each.decided_by_user_id)),
    )


def _ended() -> bool:
    show = request.args.get("show", "open")
    if show not in ("open", "ended"):
        raise NotFound()
    return show == "ended"


@blueprint.route("/desk/order/<int:order_id>/payment", methods=["GET", "POST"])
@allow(OPERATOR)
def order_payment(order_id: int) -> Response | str:
    """A payment that does not match: what differs, and the form that takes it out of review."""
    order = get_order(order_id, with_outcomes=False)
    form = EndReviewForm()
    if order.payment_state is PaymentState.REVIEW and form.validate_on_submit():
        try:
            state = end_review(current_actor(), order_id, form.words.data or "")
            flash(f"The payment goes on. It stands at: {PAYMENT_FOR_BUYER[state]}.", "success")
            return redirect(url_for("desk.order", order_id=order_id))
        except DomainError as error:
            form.refuse(error)
    return render_template(
        "desk/payment.html",
        order=order,
        form=form,
        found=find_in_review(order_id),
        payment_words=PAYMENT_FOR_BUYER[order.payment_state],
    )
