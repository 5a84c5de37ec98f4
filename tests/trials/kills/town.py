"""A small town that acts: it buys, answers, agrees, gives back and settles over HTTP.

Each act has a person and an order of its own in hand, so that several can go on at once. Whatever a page said is noted
in `Town.said`: it must still be true when everything is over.
"""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from flask import Flask
from sqlalchemy import select, update

from catalogue.models import Listing
from catalogue.services import index
from marketplace.accounts.domain import Role
from marketplace.database import db, transaction
from marketplace.kernel.money import plain_pounds
from marketplace.kernel.rails import Rail
from marketplace.outbox.models import RecurringJob
from payments.domain import OrderState, PaymentState, RunState
from payments.models import Basket, BasketLine, Checkout, Order, OrderFunding, OrderHistory, SettlementRun
from payments.services import onboarding
from tests.factories.accounts import OrganisationFactory, UserFactory, council, user_with_role
from tests.factories.budgets import BudgetFactory, OutcomeFactory, PersonFactory
from tests.factories.catalogue import ListingFactory, ProviderFactory
from tests.integration.payments.orders.town import organisation_of
from tests.stripe import GOOD_CARD
from tests.trials.kills.harness import Site
from tests.trials.kills.people import GIVE_UP, GaveUp, Person, errors_of, hidden_fields, where

WHERE = {
    "name": "Margaret Hill",
    "phone": "01632 960 001",
    "address": "1 High Row, Darlington",
    "postcode": "DL3 7TX",
    "notes": "",
}
RAILS = {"card": Rail.OWN_MONEY, "direct": Rail.DIRECT_PAYMENT, "council": Rail.COUNCIL_MANAGED}


@dataclass
class Buyer:
    person: Person
    person_id: int
    way: str
    outcome_id: int
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Bought:
    """What a buyer was told: this checkout is placed; by what they saw it is so many orders and so many pence."""

    checkout_id: int
    orders: int
    pence: int


@dataclass
class Said:
    """What pages told people, so that it must be so."""

    bought: list[Bought] = field(default_factory=list)
    refunds: dict[int, list[int]] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)


class Town:
    """Buyers by rail, two providers with accounts at the sandbox, two finance officers, and the acts."""

    def __init__(self, app: Flask, site: Site, chance: random.Random, *, buyers: int = 2) -> None:
        self.app, self.site, self.chance, self.said = app, site, chance, Said()
        self.guard = threading.Lock()
        self.taken: set[int] = set()
        self.buyers: dict[str, list[Buyer]] = {name: [] for name in RAILS}
        self.listings: list[tuple[int, int, int]] = []
        self.providers: dict[int, Person] = {}
        self._providers()
        for name, rail in RAILS.items():
            for _ in range(buyers):
                self.buyers[name].append(self._buyer(rail))
        with transaction():
            office = OrganisationFactory(kind="council", council_id=council().id)
            officers = [user_with_role(Role.COUNCIL_FINANCE, office).id for _ in range(2)]
        self.finance = [Person(app, site, user_id) for user_id in officers]
        self.finance_lock = threading.Lock()
        index.reindex()

    def _providers(self) -> None:
        for number, pence in enumerate((1_800, 650)):
            with transaction():
                provider = ProviderFactory(organisation_name=f"Firm {number}")
                listing = ListingFactory(provider=provider, price_pence=pence)
                shown = ListingFactory(provider=provider, title=f"Shown and hidden {number}")
                member = user_with_role(Role.PROVIDER, organisation_of(provider.organisation_id))
                ids = provider.organisation_id, listing.id, shown.id, member.id
            organisation_id, listing_id, self.shown_id, member_id = ids
            account_id = onboarding.open_account(organisation_id, actor_user_id=None)
            requests.post(
                f"{self.site.sandbox_url}/_faults",
                json={"act": "complete_account", "account": account_id},
                timeout=10,
            ).raise_for_status()
            onboarding.refresh(organisation_id)
            self.listings.append((listing_id, pence, organisation_id))
            self.providers[organisation_id] = Person(self.app, self.site, member_id)

    def _buyer(self, rail: Rail) -> Buyer:
        with transaction():
            user = UserFactory()
            person = PersonFactory(user_id=user.id, email=user.email)
            outcome_id = OutcomeFactory(person_id=person.id).id
            way = "own_money"
            if rail is not Rail.OWN_MONEY:
                way = f"pot:{BudgetFactory(person_id=person.id, rail=rail, pence=1_000_000_000).pot_period_id}"
            ids = user.id, person.id
        return Buyer(Person(self.app, self.site, ids[0]), ids[1], way, outcome_id)

    # What can be done. Each act finds what it needs, or brings it about first.

    def acts(self) -> dict[str, Callable[[], object]]:
        return {
            "buy_by_card": lambda: self.buy("card"),
            "buy_direct": lambda: self.buy("direct"),
            "buy_by_council": lambda: self.buy("council"),
            "accept_card": lambda: self.accept("card"),
            "decline_card": self.decline_card,
            "agree_direct": lambda: self.agree("direct"),
            "agree_council": lambda: self.agree("council"),
            "refund": self.refund,
            "settle": self.settle,
            "change_listing": self.change_listing,
            "begin_period": self.begin_period,
        }

    def everybody(self) -> list[Person]:
        buyers = [buyer.person for kind in self.buyers.values() for buyer in kind]
        return [*buyers, *self.providers.values(), *self.finance]

    def buy(self, kind: str) -> list[int]:
        """Fill a basket, answer what is asked, give a card where one is needed, and press until it is placed."""
        with self._free_buyer(kind) as buyer:
            who, mine = buyer.person, {"person_id": buyer.person_id}
            wanted = self.chance.sample(self.listings, self.chance.choice((1, 1, 1, 2)))
            quantities = {listing_id: self.chance.randint(1, 4) for listing_id, _, _ in wanted}
            while missing := quantities.keys() - self._in_basket(buyer):
                listing_id = missing.pop()
                who.send_once("/basket/add", {"listing_id": listing_id, "quantity": quantities[listing_id], **mine})
            begun = self._sent(who, "/basket/checkout", mine, lambda answer: "/checkout/" in where(answer))
            checkout = where(begun).removeprefix(self.site.url)
            checkout_id = int(checkout.rsplit("/", 1)[1])
            page = self._answered(buyer, checkout)
            if kind != "council":
                page = self._give_card(who, checkout)
            fields = {
                name: value for name, value in hidden_fields(page).items() if name in ("key", "seen", "person_id")
            }
            self._sent(who, checkout, fields, lambda answer: where(answer).endswith("/done"))
            pence = sum(price * quantities[listing_id] for listing_id, price, _ in wanted)
            with self.guard:
                self.said.bought.append(Bought(checkout_id, len(wanted), pence))
            self._until(lambda: self._is_paid(who, checkout_id), f"{checkout} waits for its card")
        return self._rows(select(Order.id).where(Order.checkout_id == checkout_id))

    def accept(self, kind: str) -> int:
        order_id = self._order(kind, (OrderState.PLACED,))
        self._provider(order_id).send(f"/provider/orders/{order_id}/accept")
        self._note(f"accept:{order_id}")
        return order_id

    def decline_card(self) -> None:
        order_id = self._order("card", (OrderState.PLACED,))
        self._provider(order_id).send(f"/provider/orders/{order_id}/decline", {"reason": "We are full"})
        self._note(f"decline:{order_id}")

    def agree(self, kind: str) -> int:
        """A provider does what was ordered, and the person agrees: the budget is spent, a card charged."""
        order_id = self.accept(kind)
        self._provider(order_id).send(f"/provider/orders/{order_id}/done")
        self._note(f"done:{order_id}")
        self._buyer_of(order_id).send(f"/orders/{order_id}/confirm")
        self._note(f"confirm:{order_id}")
        return order_id

    def refund(self) -> None:
        """A provider gives back some or all of what is left of what a card has paid."""
        has_something_left = Order.id.in_(
            select(OrderFunding.order_id).where(
                OrderFunding.rail == Rail.OWN_MONEY, OrderFunding.refunded_pence < OrderFunding.pence
            )
        )
        paid = Order.payment_state.in_((PaymentState.PAID, PaymentState.PART_REFUNDED))
        order_id = self._take(select(Order.id).where(paid, has_something_left)) or self.accept("card")
        self._until(lambda: self._paid(order_id), f"order {order_id} is not paid")
        who, path = self._provider(order_id), f"/provider/orders/{order_id}/refund"
        key = hidden_fields(who.get(path).text)["key"]
        (left,) = self._rows(
            select(OrderFunding.pence - OrderFunding.refunded_pence).where(OrderFunding.order_id == order_id)
        )
        pence = self.chance.choice((left, *(self.chance.randint(1, left) for _ in range(3))))
        form = {"key": key, "how": "amount", "pence": plain_pounds(pence), "reason_code": "goodwill", "words": ""}
        self._sent(who, path, form, lambda answer: answer.status_code == 302)
        with self.guard:
            self.said.refunds.setdefault(order_id, []).append(pence)
            self.taken.discard(order_id)

    def settle(self) -> None:
        """One officer prepares what is due, the other one sends it."""
        self.agree("council")
        with self.finance_lock:
            first, second = self.finance
            page = first.get("/council/settlement").text
            form = {name: value for name, value in hidden_fields(page).items() if name != "csrf_token"}
            first.send("/council/settlement/prepare", form)
            for run_id in self._rows(select(SettlementRun.id).where(SettlementRun.state == RunState.PREPARED)):
                second.send(f"/council/settlement/{run_id}/send")
                (state,) = self._rows(select(SettlementRun.state).where(SettlementRun.id == run_id))
                if state is not RunState.SENT:
                    raise GaveUp(f"run {run_id} is {state}")
                self.said.runs.append(run_id)

    def change_listing(self) -> None:
        """A provider hides a listing, or shows it again: the index has to follow."""
        with self.guard:
            (state,) = self._rows(select(Listing.state).where(Listing.id == self.shown_id))
            who = list(self.providers.values())[-1]
            who.send(f"/provider/listings/{self.shown_id}/{'pause' if state == 'published' else 'resume'}/now")

    def begin_period(self) -> None:
        """The hour strikes: every recurring job is due."""
        with self.app.app_context(), transaction():
            db.session.execute(update(RecurringJob).values(period=None))

    # How it is done.

    @contextmanager
    def _free_buyer(self, kind: str) -> Iterator[Buyer]:
        while True:
            for buyer in self.chance.sample(self.buyers[kind], len(self.buyers[kind])):
                if buyer.lock.acquire(blocking=False):
                    try:
                        yield buyer
                    finally:
                        buyer.lock.release()
                    return
            time.sleep(0.01)

    def _answered(self, buyer: Buyer, checkout: str) -> str:
        """The check page, once who, how and what for are known: the first time they are asked."""
        who, mine = buyer.person, {"person_id": buyer.person_id}
        for _ in range(6):
            page = who.get(checkout)
            step = where(page).rsplit("/", 1)[-1]
            if page.status_code == 200:
                return page.text
            if step == "who":
                who.send(f"{checkout}/who", mine)
            elif step == "paid":
                who.send(f"{checkout}/paid", {**mine, "way": buyer.way})
            elif step == "purpose":
                page = who.get(f"{checkout}/purpose").text
                outcomes = dict.fromkeys(re.findall(r'name="(outcome_\d+)"', page), buyer.outcome_id)
                family = dict.fromkeys(re.findall(r'name="(relation_\d+)"', page), "none")
                who.send(f"{checkout}/purpose", {**mine, **WHERE, **outcomes, **family})
            else:
                raise GaveUp(f"{checkout} leads to {where(page)}")
        raise GaveUp(f"{checkout} asks again and again")

    def _give_card(self, who: Person, checkout: str) -> str:
        ends = time.monotonic() + GIVE_UP
        checkout_id = int(checkout.rsplit("/", 1)[1])
        while time.monotonic() < ends:
            page = where(who.get(f"{checkout}/card"))
            if page.startswith(self.site.sandbox_url):
                card = {"number": GOOD_CARD, "expiry": "12/34", "cvc": "123", "name": "Margaret Hill"}
                requests.post(page, data=card, allow_redirects=False, timeout=GIVE_UP)
                who.get(f"{checkout}/card/given")
                if any(self._rows(select(Checkout.stripe_payment_method_id).where(Checkout.id == checkout_id))):
                    return who.get(checkout).text
        raise GaveUp(f"{checkout}: no card")

    def _is_paid(self, who: Person, checkout_id: int) -> bool:
        waiting = select(Order.person_id).where(
            Order.checkout_id == checkout_id, Order.state == OrderState.AWAITING_PAYMENT
        )
        people = self._rows(waiting)
        if people:
            who.send(f"/checkout/{checkout_id}/pay", {"person_id": people[0]})
        return not people

    def _paid(self, order_id: int) -> bool:
        found = self._rows(select(Order.payment_state).where(Order.id == order_id))
        return found[0] in (PaymentState.PAID, PaymentState.PART_REFUNDED)

    def _order(self, kind: str, states: tuple[OrderState, ...]) -> int:
        """An order that nobody else has in hand, bought now if there is none."""
        query = select(Order.id).where(Order.state.in_(states), _paid_by(RAILS[kind]))
        while (order_id := self._take(query)) is None:
            self.buy(kind)
        return order_id

    def _take(self, query: Any) -> int | None:
        with self.guard:
            free = [order_id for order_id in self._rows(query.order_by(Order.id)) if order_id not in self.taken]
            if not free:
                return None
            order_id: int = self.chance.choice(free)
            self.taken.add(order_id)
            return order_id

    def _provider(self, order_id: int) -> Person:
        (organisation_id,) = self._rows(select(Order.organisation_id).where(Order.id == order_id))
        return self.providers[organisation_id]

    def _buyer_of(self, order_id: int) -> Person:
        (person_id,) = self._rows(select(Order.person_id).where(Order.id == order_id))
        return next(buyer.person for buyers in self.buyers.values() for buyer in buyers if buyer.person_id == person_id)

    def _in_basket(self, buyer: Buyer) -> set[int]:
        return set(
            self._rows(
                select(BasketLine.listing_id)
                .join(Basket, Basket.id == BasketLine.basket_id)
                .where(Basket.person_id == buyer.person_id)
            )
        )

    def _note(self, cause: str) -> None:
        """A page has answered, so it is done: now, and when everything is over."""
        if not self._rows(select(OrderHistory.id).where(OrderHistory.cause == cause)):
            raise GaveUp(f"{cause} was answered and did not happen")
        with self.guard:
            self.said.causes.append(cause)

    def _rows(self, query: Any) -> list[Any]:
        with self.app.app_context():
            return list(db.session.scalars(query))

    def _sent(
        self, who: Person, path: str, data: dict[str, Any], is_good: Callable[[requests.Response], bool]
    ) -> requests.Response:
        answer = who.send(path, data)
        if not is_good(answer):
            raise GaveUp(f"{path} answered {answer.status_code} {where(answer)}: {errors_of(answer.text)}")
        return answer

    def _until(self, is_so: Callable[[], bool], words: str) -> None:
        ends = time.monotonic() + GIVE_UP
        while not is_so():
            if time.monotonic() > ends:
                raise GaveUp(words)
            time.sleep(0.05)


def _paid_by(rail: Rail) -> Any:
    return Order.id.in_(select(OrderFunding.order_id).where(OrderFunding.rail == rail))
