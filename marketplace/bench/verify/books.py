"""Large books that are right: some orders go their whole way through the services, then each is multiplied by SQL.

Half of the first orders are settled by their council, half are paid by card; what Stripe would have said of these is
handed to the service that takes it in. So every kind of row is one that the services wrote.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from budgets.domain.payees import Relationship
from budgets.services.payees import declare
from marketplace.accounts.domain import SYSTEM, Actor, Role
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import organisations, registration
from marketplace.audit.services import link_rows
from marketplace.bench import shoppers
from marketplace.database import Base, db, transaction
from marketplace.kernel import clock
from payments import ledger
from payments.queries.checkouts import get_plan
from payments.services import checkout, facts, orders, settlement
from payments.stripe.views import BalanceMove, ChargeView, IntentView

FIRST_ORDERS = 20
STRIDE = 10_000
"""A copy's ids are those of the first rows and a multiple of this."""
ACCOUNT = "acct_bench"
_COPIES = "WITH RECURSIVE copies(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < :copies)"


def fill(postings: int) -> None:
    """Fill the empty database until its ledger has at least so many postings; closes last month, links the record."""
    with clock.fixed_clock(clock.now() - timedelta(days=40)):
        _first_orders()
    written = int(db.session.execute(text("SELECT count(*) FROM ledger_postings")).scalar_one())
    db.session.rollback()
    with transaction():
        _multiply(-(-postings // written) - 1)
    ledger.close_months()
    while link_rows(50_000):
        pass
    if db.engine.dialect.name == "postgresql":
        with transaction():
            db.session.execute(text("ANALYZE"))  # as its own keeper would have done by then


def _first_orders() -> None:
    buyers = shoppers.ready_checkouts(FIRST_ORDERS)
    officer, colleague, provider = _people()
    for number, (buyer, checkout_id) in enumerate(buyers):
        plan = get_plan(buyer, checkout_id)
        if number % 2:
            declare(buyer, plan.checkout.person_id, {provider.memberships[0].organisation_id: Relationship.NONE})
        (order_id,) = checkout.place(buyer, checkout_id, key=plan.checkout.key, seen=plan.digest).order_ids
        if number % 2:
            _by_card(order_id)
        orders.accept(provider, order_id)
        orders.mark_done(provider, order_id)
        orders.confirm(buyer, order_id)
        if number % 2:
            _charged(order_id)
    (council_id,) = officer.council_ids(Role.COUNCIL_FINANCE)
    settlement.send(colleague, settlement.prepare(officer, council_id, clock.today()))


def _people() -> tuple[Actor, Actor, Actor]:
    """Two officers of the council, and a member of the provider."""
    first = _one("SELECT m.user_id FROM memberships m WHERE m.role = 'council_finance'")
    team = _one("SELECT m.organisation_id FROM memberships m WHERE m.role = 'council_finance'")
    organisation_id = _one("SELECT organisation_id FROM providers")
    with transaction():
        second = registration.create_user("Finance too", "second@bench.example")
        organisations.add_member(SYSTEM, team, second, Role.COUNCIL_FINANCE)
        member = registration.create_user("Provider", "provider@bench.example")
        organisations.add_member(SYSTEM, organisation_id, member, Role.PROVIDER)
        _insert("stripe_accounts", organisation_id=organisation_id, stripe_id=ACCOUNT, requirements_due=[])
    return actor_of(first), actor_of(second), actor_of(member)


def _by_card(order_id: int) -> None:
    """Have an order that was just placed paid by card from a direct payment."""
    with transaction():
        for statement in (
            "UPDATE orders SET charge_at = 'confirm' WHERE id = :id",
            "UPDATE order_funding SET payer = 'person', rail = 'direct_payment', payer_council_id = NULL "
            "WHERE order_id = :id",
        ):
            db.session.execute(text(statement), {"id": order_id})


def _charged(order_id: int) -> None:
    """Hand in what Stripe says once the card of a confirmed order was charged."""
    reference = _one("SELECT reference FROM orders WHERE id = :id", id=order_id)
    funding_id = _one("SELECT id FROM order_funding WHERE order_id = :id", id=order_id)
    pence = _one("SELECT pence FROM order_funding WHERE order_id = :id", id=order_id)
    fee_pence = _one("SELECT levy_pence FROM order_funding WHERE order_id = :id", id=order_id)
    with transaction():
        _insert("stripe_payments", order_funding_id=funding_id, order_id=order_id, pence=pence, fee_pence=fee_pence)
    payment_id = _one("SELECT id FROM stripe_payments WHERE order_id = :id", id=order_id)
    charge = ChargeView(
        id=f"ch_{order_id}",
        captured_pence=pence,
        transfer_id=f"tr_{order_id}",
        reversed_pence=0,
        fee_id=f"fee_{order_id}",
        fee_refunded_pence=0,
        refunds=(),
        fee_refunds=(),
        disputes=(),
        moves=(
            BalanceMove(f"txn_c{order_id}", "charge", pence, 22, clock.now()),
            BalanceMove(f"txn_t{order_id}", "transfer", -pence, 0, clock.now()),
            BalanceMove(f"txn_f{order_id}", "application_fee", fee_pence, 0, clock.now()),
        ),
    )
    intent = IntentView(
        id=f"pi_{order_id}",
        status="succeeded",
        pence=pence,
        currency="gbp",
        livemode=False,
        customer_id=None,
        payment_method_id=None,
        our_payment_id=payment_id,
        order_reference=reference,
        destination=ACCOUNT,
        fee_pence=fee_pence,
        charge_id=charge.id,
        decline_code=None,
        next_action_url=None,
        capture_before=None,
        charge=charge,
    )
    facts.take_in(payment_id, intent)


def _one(query: str, **values: object) -> Any:
    found = db.session.execute(text(query), values).scalars().first()
    db.session.rollback()
    return found


def _insert(table: str, **values: object) -> None:
    of_table = Base.metadata.tables[table]
    dates = {name: clock.now() for name in ("created_at", "updated_at")}
    db.session.execute(of_table.insert().values(**dates, **values))


def _multiply(copies: int) -> None:
    """Write every order with all that belongs to it so many times again, under ids and causes of its own."""
    more, again = f"k * {STRIDE}", "cause || ':' || CAST(k AS VARCHAR)"
    own, of_order = {"id": f"id + {more}"}, {"order_id": f"order_id + {more}"}
    whose = {"object_id": f"CASE object_type WHEN 'order' THEN object_id + {more} ELSE object_id END"}
    reference = f"'R' || CAST(10000000 + id + {more} AS VARCHAR)"
    at_stripe = {name: f"{name} || ':' || CAST(k AS VARCHAR)" for name in ("stripe_id", "charge_id")}
    funding = {"order_funding_id": f"order_funding_id + {more}"}
    run = {"run_id": f"run_id + {more}"}
    for table, changed in (
        ("settlement_runs", {**own, "reference": reference}),
        ("orders", {**own, "reference": reference, "checkout_id": "NULL"}),
        ("order_lines", {**own, **of_order}),
        ("order_funding", {**own, **of_order, "settlement_run_id": f"settlement_run_id + {more}"}),
        ("order_history", {**own, **of_order, "cause": again}),
        ("stripe_payments", {**own, **of_order, **funding, **at_stripe}),
        ("budget_entries", {**own, **of_order, "cause": again}),
        ("settlement_payments", {**own, **run}),
        ("settlement_lines", {**own, **run, **funding}),
        ("audit_rows", {**own, **whose}),
    ):
        _copy(table, changed, copies)
    numbered = "(SELECT id AS old_id, row_number() OVER (ORDER BY id) AS n FROM ledger_entries) AS numbered"
    _copy("ledger_postings", {"id": None, "entry_id": f"n + {more}"}, copies, f"{numbered} ON old_id = entry_id")
    cause = f"CASE kind {_with_id('sale', more)} {_with_id('settlement', more)} ELSE {again} END"
    _copy("ledger_entries", {"id": f"n + {more}", "cause": cause, **of_order}, copies, f"{numbered} ON old_id = id")
    pots = Base.metadata.tables["pot_periods"]
    sums = ("allocated_pence", "held_pence", "spent_pence")
    db.session.execute(pots.update().values({name: pots.c[name] * (copies + 1) for name in sums}))


def _with_id(kind: str, more: str) -> str:
    """The cause of entries of a kind whose cause ends in the id of what was copied."""
    return f"WHEN '{kind}' THEN '{kind}:' || CAST(CAST(substr(cause, {len(kind) + 2}) AS BIGINT) + {more} AS VARCHAR)"


def _copy(table: str, changed: Mapping[str, str | None], copies: int, joined: str = "") -> None:
    """Copy all rows of a table, with other values in the columns of `changed`; one that is None is left out."""
    values = {column.name: column.name for column in Base.metadata.tables[table].columns} | dict(changed)
    columns = {name: value for name, value in values.items() if value is not None}
    into = f"{table} ({', '.join(columns)})"
    rows = f"{table} JOIN {joined}" if joined else table
    words = (_COPIES, "INSERT INTO", into, "SELECT", ", ".join(columns.values()), "FROM", rows, "CROSS JOIN copies")
    db.session.execute(text(" ".join(words)), {"copies": copies})
