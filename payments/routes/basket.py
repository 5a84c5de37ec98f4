"""The basket: fill it, change it, say whom it is for, go on to checkout."""

from datetime import timedelta
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from budgets.domain import MandateAction, PersonView
from budgets.queries.access import list_people
from budgets.queries.people import find_person, find_person_of_user
from catalogue.queries.listings import Offer, offer_for
from marketplace.accounts.access import ANYONE, SIGNED_IN, allow, current_actor
from marketplace.accounts.ports import Along, Frame
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.ids import new_token
from marketplace.ui.refusals import flash_refusal
from payments.forms.baskets import LineForm, QuantityForm, WhoseForm, WhoseOfManyForm
from payments.queries.baskets import BasketLineView, Owner, get_basket, quantity_words, why_not
from payments.queries.frame import count_lines, frame_of, know_frame, parameters_of, with_frame
from payments.routes import blueprint
from payments.routes.people import basket_address, is_named, likely_person_id, named_person_id
from payments.services import baskets, checkout

COOKIE = "basket"
MOST_RADIOS = 12
MYSELF = "me"


def current_owner(*, make_token: bool = False) -> Owner:
    """Whose basket this request is about. With `make_token` a browser without one gets a new secret."""
    actor = current_actor()
    token = request.cookies.get(COOKIE)
    try:
        owner = baskets.owner_for(actor, named_person_id() if actor.is_signed_in else None, token)
    except NotFound:
        if is_named():
            raise
        # Chosen for other work, such as reading a plan, without a right to order: then the basket is one's own.
        owner = baskets.owner_for(actor, None, token)
    if make_token and not token and owner.person_id is None:
        g.new_basket_token = new_token()
        owner = Owner(owner.user_id, None, g.new_basket_token)
    return owner


def address_of(owner: Owner) -> str:
    """The basket's page, with its person in the address."""
    return basket_address(owner.person_id)


@blueprint.get("/basket")
@allow(ANYONE)
def basket() -> str:
    return _show(current_owner())


def _show(owner: Owner, form: QuantityForm | None = None, line_id: int | None = None) -> str:
    return render_template(
        "payments/basket/basket.html",
        basket=get_basket(owner),
        person=_somebody_else(owner),
        owner=owner,
        needs_whose=owner.user_id is not None and owner.person_id is None,
        quantity_words=quantity_words,
        form=form,
        wrong_line_id=line_id,
    )


def _somebody_else(owner: Owner) -> PersonView | None:
    """The person acted for; None when the basket is the buyer's own."""
    person = find_person(owner.person_id) if owner.person_id else None
    return person if person and person.user_id != owner.user_id else None


@blueprint.route("/basket/add", methods=["GET", "POST"])
@allow(ANYONE)
def basket_add() -> Response | str:
    owner = current_owner(make_token=request.method == "POST")
    listing_id = _listing_id()
    offer = offer_for([listing_id]).get(listing_id)
    if offer is None or not offer.is_known:
        raise NotFound()
    form = LineForm(listing_id=str(listing_id), person_id=owner.person_id or "", quantity=offer.min_quantity)
    if form.validate_on_submit():
        try:
            wanted = form.to_command()
            was_put_in = baskets.add(owner, wanted)
            if form.goes_on and owner.person_id is not None:
                return _go_on(owner, owner.person_id)
            person = _somebody_else(owner)  # named, because the message may be read in another tab
            where = f"In the basket for {person.name}" if person else "In the basket"
            if was_put_in:
                flash(f"{where}: {offer.unit_words.counted(wanted.quantity)} of {offer.title}.", "success")
            else:
                flash(f"{offer.title} was put in already. Change how many here if you want more.")
            return _with_token(redirect(address_of(owner)))
        except DomainError as error:
            form.refuse(error)
    return _line_page(form, offer, title="Put this in the basket", back=f"/listing/{listing_id}")


def _listing_id() -> int:
    text = request.values.get("listing_id", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound()
    return int(text)


def _line_page(form: LineForm, offer: Offer, *, title: str, back: str) -> str:
    return render_template(
        "payments/basket/line.html",
        form=form,
        offer=offer,
        how_many=quantity_words(offer),
        why_not=why_not(offer),
        heading=title,
        back_href=back,
    )


def _with_token(response: Response) -> Response:
    """Hand a new secret to a browser that filled a basket without signing in."""
    token = g.get("new_basket_token")
    if token:
        response.set_cookie(
            COOKIE,
            token,
            max_age=timedelta(days=30),
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


@blueprint.post("/basket/lines/<int:line_id>")
@allow(ANYONE)
def basket_quantity(line_id: int) -> Response | str:
    owner = current_owner()
    form = QuantityForm()
    form.quantity.id = f"quantity-{line_id}"
    if form.validate_on_submit():
        try:
            baskets.change_quantity(owner, line_id, int(form.quantity.data or 0))
            return redirect(address_of(owner))
        except DomainError as error:
            form.refuse(error)
    return _show(owner, form, line_id)


@blueprint.route("/basket/lines/<int:line_id>/details", methods=["GET", "POST"])
@allow(ANYONE)
def basket_details(line_id: int) -> Response | str:
    owner = current_owner()
    line = _line(owner, line_id)
    if line.offer is None:
        raise NotFound()
    form = LineForm(
        listing_id=str(line.listing_id),
        person_id=owner.person_id or "",
        quantity=line.quantity,
        wanted_on=line.wanted_on,
        note=line.note,
    )
    form.submit.label.text = "Keep these changes"
    if form.validate_on_submit():
        try:
            wanted = form.to_command()
            baskets.change(owner, line_id, quantity=wanted.quantity, wanted_on=wanted.wanted_on, note=wanted.note)
            return redirect(address_of(owner))
        except DomainError as error:
            form.refuse(error)
    return _line_page(form, line.offer, title="Change what you want", back=address_of(owner))


def _line(owner: Owner, line_id: int) -> BasketLineView:
    for line in get_basket(owner).lines:
        if line.id == line_id:
            return line
    raise NotFound()


@blueprint.post("/basket/lines/<int:line_id>/remove")
@allow(ANYONE)
def basket_remove(line_id: int) -> Response:
    owner = current_owner()
    baskets.remove(owner, line_id)
    flash("Taken out of the basket.", "success")
    return redirect(address_of(owner))


@blueprint.post("/basket/lines/<int:line_id>/price")
@allow(ANYONE)
def basket_price(line_id: int) -> Response:
    owner = current_owner()
    text = request.form.get("price_pence", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise NotFound()
    try:
        baskets.accept_price(owner, line_id, int(text))
    except DomainError as error:
        flash_refusal(error)
    return redirect(address_of(owner))


@blueprint.route("/basket/whose", methods=["GET", "POST"])
@allow(SIGNED_IN)
def basket_whose() -> Response | str:
    actor, owner = current_actor(), current_owner()
    people = list_people(actor, MandateAction.ORDER)
    own = find_person_of_user(actor.user_id) if actor.user_id else None
    others = [person for person in people if own is None or person.id != own.id]
    form = WhoseForm() if len(others) < MOST_RADIOS else WhoseOfManyForm()
    form.whose.choices = [(MYSELF, "Myself"), *((str(person.id), person.name) for person in others)]
    if form.validate_on_submit():
        chosen = form.whose.data
        target = baskets.move_to_person(actor, owner, _own_id(own) if chosen == MYSELF else int(chosen))
        return redirect(address_of(target))
    return render_template("payments/basket/whose.html", form=form, owner=owner, back_href=address_of(owner))


def _own_id(own: PersonView | None) -> int | None:
    return own.id if own else None


@blueprint.post("/basket/checkout")
@allow(SIGNED_IN)
def basket_checkout() -> Response:
    owner = current_owner()
    if owner.person_id is None:
        return redirect(url_for("payments.basket_whose"))
    return _go_on(owner, owner.person_id)


def _go_on(owner: Owner, person_id: int) -> Response:
    """To the checkout of a basket, or back to the basket when something in it has to be put right first."""
    try:
        checkout_id = checkout.begin(current_actor(), person_id)
    except DomainError as error:
        flash_refusal(error)
        return redirect(address_of(owner))
    return redirect(url_for("payments.checkout", checkout_id=checkout_id))


def merge_at_sign_in(user_id: int) -> None:
    """After a sign-in: what this browser's basket holds goes to the user's own. Joined as a port of accounts."""
    token = request.cookies.get(COOKIE)
    if token:
        baskets.merge_anonymous(user_id, token)


def frame() -> Frame:
    """What the top of every page says of whoever is there, and of the basket of this request."""
    actor, token = current_actor(), request.cookies.get(COOKIE)
    if actor.user_id is None:
        return Frame(basket_count=count_lines(token) if token else 0)
    return frame_of(actor.user_id, named_person_id_or_none(), token)


def _parameters() -> dict[str, Any]:
    return parameters_of(likely_person_id(), request.cookies.get(COOKIE))


def _know(user_id: int, row: Any, parameters: dict[str, Any]) -> None:
    know_frame(user_id, row, parameters["person_id"], request.cookies.get(COOKIE))


ALONG = Along(with_frame, _parameters, _know)
"""The frame of the page that is asked for is read with the sign-in."""


def named_person_id_or_none() -> int | None:
    """As `named_person_id`, for the frame of a page whose address may name nobody that there is."""
    try:
        return named_person_id()
    except NotFound:
        return None
