"""The one place that knows every package and puts them together."""

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask, Response
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

import budgets.checks
import budgets.ports
import budgets.queries.access
import budgets.queries.decisions
import budgets.queries.people
import budgets.routes
import budgets.services.people
import catalogue.checks
import catalogue.ports
import catalogue.queries.categories
import catalogue.routes
import catalogue.services.index
import catalogue.services.places
import marketplace.accounts.routes
import marketplace.demo.routes
import marketplace.desk.routes
import marketplace.outbox.checks
import marketplace.planning.routes
import marketplace.reports.routes
import marketplace.uploads.services
import payments.checks
import payments.ports
import payments.queries.decisions
import payments.queries.levy_rates
import payments.queries.ordered_before
import payments.queries.orders
import payments.routes
import payments.services.work
import ratings.checks
import ratings.queries
import ratings.routes
from budgets.services import loads, paper_letters, restrictions, reviews, surplus
from catalogue.services import misses
from marketplace import ui
from marketplace.accounts import access, council_logins, navigation
from marketplace.accounts import ports as accounts_ports
from marketplace.accounts.access import ANYONE, allow
from marketplace.accounts.services import keeping as account_keeping
from marketplace.accounts.services import profile, registration, sessions
from marketplace.audit.services import link_rows
from marketplace.config import Settings
from marketplace.database import db, engine_options, install_engine_events
from marketplace.extensions import csrf, limiter, login_manager
from marketplace.outbox import email
from marketplace.outbox import services as outbox_services
from marketplace.outbox.services import Handler
from marketplace.outbox.worker import Job, Worker, every_day, every_hour, every_minute
from marketplace.planning.services import evidence, help_requests, notes, rounds, self_checks
from payments.levy import DEFAULT_RATE_BP, levy
from payments.routes import basket as basket_pages
from payments.services import approvals, baskets, checkout, expiry, top_ups

BLUEPRINTS = (
    marketplace.accounts.routes.blueprint,
    catalogue.routes.blueprint,
    budgets.routes.blueprint,
    payments.routes.blueprint,
    ratings.routes.blueprint,
    marketplace.planning.routes.blueprint,
    marketplace.reports.routes.blueprint,
    marketplace.desk.routes.blueprint,
)

# What is kept for a time only, in words, and what removes it: once a day by the worker, or by `marketplace tidy`.
TIDYING = (
    ("old baskets", baskets.drop_old),
    ("answers of unfinished checkouts", checkout.forget_unfinished),
    ("ended sign-ins", account_keeping.forget_sign_ins),
    ("accounts nobody confirmed", account_keeping.forget_unconfirmed_accounts),
    ("past invitations", account_keeping.forget_invitations),
    ("people who were asked to pay a part", top_ups.forget_payers),
    ("files of budgets", loads.forget_files),
    ("old letters", email.forget_old_letters),
    ("old letters on paper", paper_letters.forget_printed),
    ("work done long ago", outbox_services.forget_done),
    ("needs forms nobody changed", self_checks.forget_needs_forms),
    ("words searched for long ago", misses.forget_old),
    ("bytes of files that nothing names", marketplace.uploads.services.forget_bytes),
)


class RowNumber(IntegerConverter):
    """A number in an address that a row can have. A longer one names nothing, like any other that nobody has."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **({"max": 2**63 - 1} | kwargs))


def create_app(settings: Settings | None = None) -> Flask:
    """The whole marketplace as a WSGI application. Without `settings` they come from the environment."""
    settings = settings or Settings.from_env()
    app = Flask("marketplace", static_folder=None)
    app.url_map.converters["int"] = RowNumber
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=10 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_ENABLED=True,
        SERVICE_NAME=settings.service_name,
        SERVICE_PHONE=settings.phone,
        HOME_PLACE=settings.home_place,
        TESTING=settings.testing,
        DEMO=settings.demo,
    )
    app.extensions["settings"] = settings
    if settings.trusted_proxies:
        # Each proxy adds to the list of addresses whom it got the request from; only the nearest one says the scheme.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=1, x_host=0)  # type: ignore[method-assign]
    settings.marketplace_data.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    with app.app_context():
        install_engine_events(db.engine)
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app)
    login_manager.user_loader(sessions.find)
    ui.init_app(app)
    access.init_app(app)
    council_logins.join(app, settings.council_logins)
    navigation.init_app(app)
    accounts_ports.join(app, _accounts_ports())
    for endpoint in ui.OPEN_ENDPOINTS:
        allow(ANYONE)(app.view_functions[endpoint])
    budgets.ports.join(
        council_finder=catalogue.services.places.council_id_for,
        order_describer=_describe_orders,
        category_lister=catalogue.queries.categories.category_choices,
        noted_finder=notes.words_of_notes,
        noted_mover=notes.move_notes,
        basket_mover=payments.services.baskets.hand_on,
        order_finder=payments.queries.ordered_before.last_ordered_at,
    )
    catalogue.ports.join(reviews_for=ratings.queries.reviews_for)
    payments.ports.join(reviewed_orders=ratings.queries.reviewed_orders)
    app.extensions["checks"] = (
        budgets.checks.run,
        payments.checks.run,
        catalogue.checks.run,
        ratings.checks.run,
        marketplace.uploads.services.run_checks,
        marketplace.outbox.checks.run,
    )
    app.extensions["tidying"] = TIDYING
    app.extensions["levy_on"] = partial(levy, rate_bp=DEFAULT_RATE_BP)
    app.extensions["make_worker"] = partial(create_worker, app)  # for the demo, which lives below this module
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.demo:
        app.register_blueprint(marketplace.demo.routes.blueprint)
    _health(app)
    if settings.testing:
        _fail_on_lost_changes(app)
    return app


def _describe_orders(order_ids: Iterable[int]) -> dict[int, budgets.ports.OrderWords]:
    """What budgets say of an order beside an entry of somebody's money."""
    return {
        order.id: budgets.ports.OrderWords(
            f"{order.what_beside_budget}, from {order.provider_name}", f"/orders/{order.id}"
        )
        for order in payments.queries.orders.list_by_ids(order_ids).values()
    }


def _accounts_ports() -> accounts_ports.Ports:
    """What accounts ask of the packages above them."""
    return accounts_ports.Ports(
        ensure_person=budgets.services.people.ensure_person_for_user,
        frame=basket_pages.frame,
        along=basket_pages.ALONG,
        levy_on=lambda pence: levy(pence, DEFAULT_RATE_BP),
        other_levies=payments.queries.levy_rates.list_other_levies,
        on_renamed=[budgets.services.people.take_name],
        on_sign_in=[basket_pages.merge_at_sign_in],
        decisions=[budgets.queries.decisions.list_for, payments.queries.decisions.list_for],
    )


def create_worker(app: Flask) -> Worker:
    """The worker of this installation, with every handler and recurring job. Use it inside `app.app_context()`."""
    return Worker(_handlers(app), _jobs(app))


def _handlers(app: Flask) -> Mapping[str, Handler]:
    settings: Settings = app.extensions["settings"]
    return {
        email.TOPIC: email.sender(settings.smtp_url, settings.mail_from),
        registration.RESEND: registration.resend,
        profile.FORGOTTEN: profile.send_new_password,
        catalogue.services.index.TOPIC: catalogue.services.index.handle_listing,
        catalogue.services.index.REINDEX_TOPIC: catalogue.services.index.handle_reindex,
        loads.TOPIC: loads.handle,
        **payments.services.work.handlers(),
        rounds.TOPIC: rounds.send_rest,
    }


def _jobs(app: Flask) -> list[Job]:
    return [
        Job("link audit rows", every_minute, link_rows),
        Job("mend the search index", every_minute, catalogue.services.index.ensure_index),
        *payments.services.work.jobs(),
        Job("end unanswered orders", every_minute, expiry.expire_unanswered),
        Job("remind to agree", every_hour, expiry.remind),
        Job("remind whoever has to approve", every_hour, approvals.remind),
        Job("close silent own-money orders", every_hour, expiry.close_silent_own_money),
        Job("close finished orders", every_day, expiry.close_finished),
        Job("open reviews of plans", every_hour, reviews.open_due),
        Job("remind of reviews", every_hour, reviews.remind),
        Job("remind of rules to look at again", every_hour, restrictions.remind),
        Job("look at budget periods that ended", every_day, surplus.look_at_ended_periods),
        Job("remind of receipts asked for", every_hour, evidence.remind),
        Job("close requests to providers whose offer was ordered", every_minute, help_requests.settle),
        Job("end requests to providers nobody chose from", every_day, help_requests.end_old),
        *(Job(f"forget {what}", every_day, run) for what, run in TIDYING),
    ]


def _health(app: Flask) -> None:
    @app.get("/healthz", endpoint="healthz")
    @allow(ANYONE)
    def healthz() -> tuple[str, int, dict[str, str]]:
        """The process answers."""
        return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}

    @app.get("/readyz", endpoint="readyz")
    @allow(ANYONE)
    def readyz() -> tuple[str, int, dict[str, str]]:
        """The process answers and its database does."""
        try:
            db.session.execute(text("SELECT 1 FROM alembic_version"))
        except Exception:
            logging.getLogger(__name__).exception("the database does not answer")
            return "the database does not answer\n", 503, {"Content-Type": "text/plain; charset=utf-8"}
        return "ready\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


def _fail_on_lost_changes(app: Flask) -> None:
    """Fail each request that ends with rows changed and not written: for tests, where no such loss is silent."""

    @app.after_request
    def check(response: Response) -> Response:
        lost = [*db.session.new, *db.session.dirty, *db.session.deleted]
        if lost:
            raise RuntimeError(f"the request ended with unwritten changes: {lost}")
        return response
