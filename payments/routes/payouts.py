"""A provider's payouts: what is coming and when, of which orders, less what; and what has reached its bank."""

from datetime import date, timedelta

from flask import Response as Answer
from flask import render_template, request

from marketplace.accounts.access import allow
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.ui.downloads import csv_file
from marketplace.ui.navigation import page_asked
from payments import files
from payments.queries.money import count_coming, list_coming
from payments.queries.orders.provider_money import money_of_provider
from payments.queries.payouts import Stretch, first_day, get_payout, payouts_of_provider
from payments.routes import blueprint
from payments.routes.money import PROVIDER, named_organisation
from payments.services import onboarding

PAGE, YEAR = 20, timedelta(days=365)
COMING_SHOWN = 50
SHOWS = {"all": "All", "cards": "Cards, by Stripe", "runs": "Councils and fund holders", "returned": "Sent back"}


def _show() -> str:
    show = request.args.get("show", "all")
    if show not in SHOWS:
        raise NotFound()
    return show


def _year(years: list[int]) -> int | None:
    """The year that the address names, None for the last twelve months. Raises NotFound for another."""
    text = request.args.get("year", "")
    if not text:
        return None
    found = next((year for year in years if str(year) == text), None)
    if found is None:
        raise NotFound()
    return found


def _stretch(year: int | None) -> Stretch:
    if year is None:
        return Stretch(clock.now() - YEAR)
    ends = clock.start_of_day(date(year + 1, 1, 1)) if year < clock.today().year else None
    return Stretch(clock.start_of_day(date(year, 1, 1)), ends)


@blueprint.get("/provider/payouts")
@allow(PROVIDER)
def provider_payouts() -> str:
    organisation, show = named_organisation(), _show()
    organisation_id = organisation.organisation_id
    years = list(range(clock.today().year, first_day(organisation_id).year - 1, -1))
    year = _year(years)
    payouts = payouts_of_provider(organisation_id, _stretch(year))
    found = payouts.shown(show)
    last = max(1, -(-len(found) // PAGE))
    page = page_asked(last)
    return render_template(
        "payments/money/payouts.html",
        organisation=organisation,
        payouts=payouts,
        found=found[(page - 1) * PAGE : page * PAGE],
        count=len(found),
        page=page,
        last=last,
        show=show,
        shows=SHOWS,
        year=year,
        years=years,
        coming=list_coming(organisation_id, limit=COMING_SHOWN),
        coming_count=count_coming(organisation_id),
        money=money_of_provider(organisation_id),
        readiness=onboarding.readiness_of(organisation_id),
    )


@blueprint.get("/provider/payouts/<int:entry_id>")
@allow(PROVIDER)
def provider_payout(entry_id: int) -> str:
    """One payout by Stripe with its orders."""
    organisation = named_organisation()
    return render_template(
        "payments/money/payout.html",
        organisation=organisation,
        payout=get_payout(organisation.organisation_id, entry_id),
    )


@blueprint.get("/provider/payouts.csv")
@allow(PROVIDER)
def provider_payouts_csv() -> Answer:
    """Every payout of a year with its orders, and what is on its way."""
    organisation, show = named_organisation(), _show()
    years = list(range(clock.today().year, first_day(organisation.organisation_id).year - 1, -1))
    payouts = payouts_of_provider(organisation.organisation_id, _stretch(_year(years)))
    text = files.payouts_csv(organisation.organisation_name, payouts, payouts.shown(show))
    return csv_file(text, f"payouts-{organisation.organisation_id}.csv")
