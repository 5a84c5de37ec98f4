"""When a person has died everything stops; what is booked waits for the council's decision; what was written stays."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from budgets import checks
from budgets.domain import MandateAction
from budgets.errors import BudgetNotOpen
from budgets.queries import access
from budgets.queries.access import find_access
from budgets.queries.book import balance, list_entries_of_order
from budgets.services import book, deaths
from marketplace.accounts.domain import OrganisationKind, Role
from marketplace.accounts.queries import actor_of
from marketplace.database import transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.rails import Rail
from payments.domain import OrderState
from payments.queries.after_death import Booked
from payments.queries.orders import list_by_ids
from payments.services import expiry
from payments.services import orders as services
from payments.services.orders import after_death
from tests.browser import sign_in, submit, text_of
from tests.factories.accounts import OrganisationFactory, council, user_with_role
from tests.factories.payments import OrderFactory
from tests.integration.payments.orders.shop import Shop, all_orders
from tests.integration.payments.orders.town import subjects


class Bereaved(Shop):
    """Margaret's manager ordered from two providers; the first one has done it, the second said yes. Then she dies."""

    def __init__(self, client: FlaskClient) -> None:
        super().__init__()
        with transaction():
            team = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council().id)
            finance = user_with_role(Role.COUNCIL_FINANCE, team).id
            elsewhere = OrganisationFactory(kind=OrganisationKind.COUNCIL, council_id=council("E08000003").id)
            stranger = user_with_role(Role.COUNCIL_FINANCE, elsewhere).id
        self.finance, self.stranger = actor_of(finance), actor_of(stranger)
        self.place(client, self.ready(client, who=self.manager))
        self.done, self.accepted = (order.id for order in all_orders())
        services.accept(self.dale, self.done)
        services.mark_done(self.dale, self.done)
        services.accept(self.tees, self.accepted)
        self.page = f"/council/people/{self.person_id}/death"

    def dies(self) -> None:
        deaths.record_death(self.finance, self.person_id, clock.today())


def test_everything_stops_and_each_order_waits_for_the_councils_word(app: Flask, client: FlaskClient) -> None:
    shop = Bereaved(client)
    council_client, manager = app.test_client(), client
    sign_in(council_client, shop.finance.user_id or 0)
    tomorrow = clock.today() + timedelta(days=1)
    parts = {f"died_on-{part}": getattr(tomorrow, part) for part in ("day", "month", "year")}
    assert "not in the future" in text_of(submit(council_client, shop.page, parts))
    held = balance(shop.pot).held_pence
    parts = {f"died_on-{part}": getattr(clock.today(), part) for part in ("day", "month", "year")}
    assert submit(council_client, shop.page, parts).status_code == 302
    for actor in (shop.manager, shop.margaret):
        assert find_access(actor, shop.person_id, MandateAction.ORDER) is None
        assert find_access(actor, shop.person_id, MandateAction.CONFIRM) is None
    assert find_access(shop.manager, shop.person_id, MandateAction.READ_BUDGET) is None  # the authority has ended
    assert find_access(shop.margaret, shop.person_id, MandateAction.READ_BUDGET) is not None
    assert manager.get(f"/basket?for={shop.person_id}").status_code == 404
    with pytest.raises(NotFound):
        services.confirm(shop.manager, shop.done)
    with clock.fixed_clock(clock.now() + timedelta(days=6)):
        assert expiry.remind() == 0
    assert balance(shop.pot).held_pence == held
    page = text_of(council_client.get(shop.page))
    assert "2 orders are still booked" in page
    for order_id, what in ((shop.done, "pay"), (shop.accepted, "release")):
        address, prefix = f"{shop.page}/orders/{order_id}", f"order-{order_id}-"
        empty = submit(council_client, shop.page, {f"{prefix}what": what}, to=address)
        assert "Say why, so that the next person knows" in text_of(empty)
        said = {f"{prefix}what": what, f"{prefix}reason": "Asked her daughter"}
        assert submit(council_client, shop.page, said, to=address).status_code == 302
    paid, ended = all_orders()
    assert (paid.state, ended.state) == (OrderState.CONFIRMED, OrderState.CANCELLED)
    now = balance(shop.pot)
    assert (now.held_pence, now.spent_pence) == (0, paid.total_pence)
    assert [entry.reason for entry in list_entries_of_order(ended.id)][-1] == "Asked her daughter"
    assert "Nothing is booked any more" in text_of(council_client.get(shop.page))
    assert "Order" not in " ".join(subjects("margaret@example.org"))
    assert all(check.fault is None for check in checks.run())


def test_what_somebody_bought_with_their_own_money_is_not_on_the_councils_page_which_says_whom_to_ask(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Bereaved(client)
    with transaction():
        own = OrderFactory(
            person_id=shop.person_id,
            buyer_user_id=shop.margaret.user_id,
            council_id=council().id,
            state=OrderState.ACCEPTED,
            rail=Rail.OWN_MONEY,
        )
        reference, own_id = own.reference, own.id
    shop.dies()
    sign_in(client, shop.finance.user_id or 0)
    page = text_of(client.get(shop.page))
    assert "2 orders are still booked" in page and reference not in page
    assert "no budget of yours pays for it" in page and "Whoever settles their affairs can call us" in page
    said = {f"order-{own_id}-what": "release", f"order-{own_id}-reason": "She has died"}
    assert submit(client, shop.page, said, to=f"{shop.page}/orders/{own_id}").status_code == 404
    monkeypatch.setattr(  # the control: a page that lists every order shows it
        "payments.routes.after_death.list_booked",
        lambda person_id, council_id: [Booked(order, 0) for order in list_by_ids([own_id]).values()],
    )
    assert reference in text_of(client.get(shop.page))


def test_only_the_council_decides_and_pays_only_for_what_was_done(app: Flask, client: FlaskClient) -> None:
    shop = Bereaved(client)
    with pytest.raises(NotFound):
        after_death.release(shop.finance, shop.accepted, "She lives")
    with pytest.raises(NotFound):
        deaths.record_death(shop.stranger, shop.person_id, clock.today())
    shop.dies()
    with pytest.raises(NotFound):
        after_death.release(shop.stranger, shop.accepted, "Not mine")
    with pytest.raises(NotAllowed, match="has not said that this was done"):
        after_death.pay(shop.finance, shop.accepted, "It was not")
    with pytest.raises(DomainError, match="Say in a few words"):
        after_death.release(shop.finance, shop.accepted, " ")
    for _ in range(2):
        after_death.release(shop.finance, shop.accepted, "She has died")
    assert [order.state for order in all_orders()] == [OrderState.DONE, OrderState.CANCELLED]


def test_a_mistake_is_taken_back_and_authorities_stay_ended(app: Flask, client: FlaskClient) -> None:
    shop = Bereaved(client)
    shop.dies()
    deaths.take_back_death(shop.finance, shop.person_id)
    assert find_access(shop.margaret, shop.person_id, MandateAction.ORDER) is not None
    assert find_access(shop.manager, shop.person_id, MandateAction.ORDER) is None


def test_without_each_guard_something_would_go_on(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Bereaved(client)
    shop.dies()
    about = {
        "order_id": shop.done,
        "outcome_id": shop.outcome_id,
        "actor_user_id": shop.margaret.user_id,
        "mandate_id": None,
    }
    with pytest.raises(BudgetNotOpen, match="Margaret Hill has died"), transaction():
        book.hold(shop.pot, 100, cause="test:after", **about)
    monkeypatch.setattr(access, "READING", frozenset(MandateAction))  # the door without its lock
    assert find_access(shop.margaret, shop.person_id, MandateAction.ORDER) is not None
    monkeypatch.setattr(expiry, "died_people", list)
    with clock.fixed_clock(clock.now() + timedelta(days=6)):
        assert expiry.remind() > 0
