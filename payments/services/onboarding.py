"""A provider's account at Stripe: opened for it, filled in by it on Stripe's pages, and looked at again."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.domain import Actor, Role
from marketplace.accounts.queries import get_organisation
from marketplace.audit.services import record
from marketplace.database import db, transaction
from marketplace.kernel import clock
from marketplace.kernel.errors import DomainError, NotFound
from payments.models import StripeAccount
from payments.services import money_letters
from payments.stripe import AccountView, GatewayError, gateway

log = logging.getLogger(__name__)

NOT_NOW = "Stripe’s pages do not open just now. Try again in a few minutes."


@dataclass(frozen=True)
class Readiness:
    """Whether a provider can be paid by card. `due` and `stopped_because` are Stripe's names of what it still wants to
    know, and of why it takes no cards."""

    has_account: bool
    ready: bool
    payouts: bool
    due: tuple[str, ...]
    stopped_because: str | None = None


def ready_providers(organisation_ids: Iterable[int]) -> set[int]:
    """Those of the providers that can be paid by card now. One query."""
    wanted = sorted(set(organisation_ids))
    rows = db.session.scalars(
        select(StripeAccount.organisation_id)
        .where(StripeAccount.organisation_id.in_(wanted), StripeAccount.charges_enabled)
        .order_by(StripeAccount.organisation_id)
    )
    return set(rows)


def readiness_of(organisation_id: int) -> Readiness:
    """How far a provider has come, as we last heard it from Stripe."""
    row = db.session.get(StripeAccount, organisation_id)
    if row is None:
        return Readiness(False, False, False, ())
    return Readiness(True, row.charges_enabled, row.payouts_enabled, tuple(row.requirements_due), row.disabled_reason)


def start(actor: Actor, organisation_id: int, *, return_url: str, refresh_url: str) -> str:
    """The address at Stripe where a member of the provider says who it is; its account is opened at the first time.

    Raises NotFound for strangers, DomainError when Stripe cannot be reached.
    """
    _require_member(actor, organisation_id)
    try:
        account_id = open_account(organisation_id, actor_user_id=actor.user_id)
        return gateway().onboarding_url(account_id, return_url, refresh_url)
    except GatewayError as error:
        log.warning("onboarding of provider %s: %s", organisation_id, error)
        raise DomainError(NOT_NOW) from None


def open_account(organisation_id: int, *, actor_user_id: int | None) -> str:
    """The provider's account at Stripe, opened when it has none. Raises GatewayError, NotFound."""
    known = _account_id(organisation_id)
    if known is not None:
        return known
    organisation = get_organisation(organisation_id)
    name, email = organisation.name, organisation.email
    # The hour is part of the key: Stripe answers one key alike for a day, also when its answer was that it failed, and
    # refuses it with another e-mail address.
    key = f"account:{organisation_id}:{clock.now():%Y-%m-%dT%H}"
    made = gateway().create_account(key, organisation_id, name, email)
    try:
        with transaction():
            db.session.execute(
                insert(StripeAccount).values(
                    organisation_id=organisation_id,
                    stripe_id=made.id,
                    created_at=clock.now(),
                    **_facts(made),
                )
            )
            record(
                "stripe_account.open",
                "organisation",
                organisation_id,
                actor_user_id=actor_user_id,
                organisation_id=organisation_id,
            )
    except IntegrityError:
        # Somebody else was quicker; Stripe gave both the same one for the same key.
        pass
    return _account_id(organisation_id) or made.id


def refresh(organisation_id: int) -> Readiness:
    """Look at the provider's account at Stripe and keep what it says. Raises GatewayError."""
    account_id = _account_id(organisation_id)
    if account_id is None:
        return Readiness(False, False, False, ())
    take_in_account(gateway().get_account(account_id))
    return readiness_of(organisation_id)


def take_in_account(account: AccountView) -> None:
    """Keep what Stripe says of an account. Joins the open transaction, if there is one."""
    with transaction():
        before = db.session.execute(
            select(StripeAccount).where(StripeAccount.stripe_id == account.id).with_for_update()
        ).scalar_one_or_none()
        if before is None:
            return
        was, now = (before.charges_enabled, before.payouts_enabled), (account.charges_enabled, account.payouts_enabled)
        changed, has_worked = was[0] != now[0], before.ready_at is not None
        if was != now and has_worked:
            money_letters.account_has_changed(before.organisation_id, cards=now[0], payouts=now[1])
        if now[0] and not has_worked:
            before.ready_at = clock.now()
        db.session.execute(update(StripeAccount).where(StripeAccount.stripe_id == account.id).values(**_facts(account)))
        if changed:
            record(
                "stripe_account.change",
                "organisation",
                before.organisation_id,
                actor_user_id=None,
                organisation_id=before.organisation_id,
                charges_enabled=account.charges_enabled,
            )


def _facts(account: AccountView) -> dict[str, object]:
    return {
        "charges_enabled": account.charges_enabled,
        "payouts_enabled": account.payouts_enabled,
        "requirements_due": list(account.requirements_due),
        "disabled_reason": account.disabled_reason,
        "updated_at": clock.now(),
    }


def _account_id(organisation_id: int) -> str | None:
    return db.session.scalar(select(StripeAccount.stripe_id).where(StripeAccount.organisation_id == organisation_id))


def _require_member(actor: Actor, organisation_id: int) -> None:
    if organisation_id not in actor.organisation_ids(Role.PROVIDER):
        raise NotFound()
