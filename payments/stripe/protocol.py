"""What the services need of Stripe. No method may be called inside a `transaction()`.

Every method may raise GatewayUnknown (nobody knows whether it happened) and GatewayRefused (nothing happened). Those
that change something take `key`: the operation and our own id, so that asking twice does it once.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from payments.stripe.views import (
    AccountView,
    BalanceMove,
    ChargeView,
    EventView,
    IntentView,
    PaymentOrder,
    SessionView,
)


class Gateway(Protocol):
    livemode: bool

    def create_customer(self, key: str, person_id: int) -> str:
        """A customer for a person who is paid for, known to Stripe by our number alone; answers its id."""

    def create_card_setup(
        self, key: str, customer_id: str, checkout_id: int, success_url: str, cancel_url: str
    ) -> SessionView:
        """A visit to Stripe's card page that keeps a card with the customer and charges nothing."""

    def get_session(self, session_id: str) -> SessionView:
        """A visit to the card page as it stands."""

    def expire_session(self, session_id: str) -> None:
        """Close a card page that is still open."""

    def forget_card(self, payment_method_id: str) -> None:
        """Detach a card from its customer; one that is detached already is left alone."""

    def create_payment(self, key: str, order: PaymentOrder) -> IntentView:
        """Create and confirm a payment. Raises CardDeclined."""

    def confirm_payment(self, key: str, intent_id: str, order: PaymentOrder) -> IntentView:
        """Try an open payment again with the card of `order`. Raises CardDeclined."""

    def get_payment(self, intent_id: str) -> IntentView:
        """A payment as it stands, with all that became of its charge."""

    def find_payment(self, customer_id: str, payment_id: int, order_reference: str) -> IntentView | None:
        """The payment that carries our id and the order's reference, if Stripe has one."""

    def capture_payment(self, key: str, intent_id: str, part: tuple[int, int] | None = None) -> IntentView:
        """Take what a bank set aside, or a `part` of it: its pence, and the levy on them. The rest is let go."""

    def cancel_payment(self, key: str, intent_id: str) -> IntentView:
        """Let a payment go that has taken nothing."""

    def get_charge(self, charge_id: str) -> ChargeView:
        """All that became of a captured charge."""

    def refund(self, key: str, charge_id: str, pence: int, refund_id: int, *, reverse_transfer: bool) -> None:
        """Give money back to the card; never the application fee, which Stripe would round by a rule of its own."""

    def reverse_transfer(self, key: str, transfer_id: str, pence: int, refund_id: int) -> None:
        """Take exact pence back from the provider's account."""

    def refund_fee(self, key: str, fee_id: str, pence: int, refund_id: int) -> None:
        """Give exact pence of the levy back to the provider's account."""

    def upload_evidence(self, key: str, file_name: str, content: bytes) -> str:
        """A paper for a dispute (PDF, JPEG or PNG, up to 5 MB); answers its id at Stripe."""

    def give_evidence(self, key: str, dispute_id: str, evidence: Mapping[str, str], *, submit: bool) -> None:
        """Put evidence with a dispute, by Stripe's names; `submit` hands it to the bank, which happens once."""

    def create_account(self, key: str, organisation_id: int, name: str, email: str | None) -> AccountView:
        """An account for a provider, empty until the provider has told Stripe who it is."""

    def get_account(self, account_id: str) -> AccountView:
        """A provider's account as it stands."""

    def onboarding_url(self, account_id: str, return_url: str, refresh_url: str) -> str:
        """Where the provider tells Stripe who it is; good for one visit within minutes."""

    def read_event(self, payload: bytes, signature: str | None) -> EventView:
        """An event of a webhook. Raises BadSignature unless Stripe signed it within the last five minutes."""

    def balance_pence(self, account_id: str | None = None) -> int:
        """What is available and on its way on the platform's account, or on a provider's."""

    def list_moves(self, account_id: str | None = None, kind: str | None = None) -> Iterator[BalanceMove]:
        """Every balance transaction of an account, or those of one kind, newest first."""

    def intent_of(self, source_id: str) -> str | None:
        """The payment to which the source of a balance transaction belongs; None when it belongs to none."""
