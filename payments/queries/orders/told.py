"""How an order is told to its two sides: the same wherever it stands."""

from datetime import datetime

from payments.domain import OrderState, PaymentState, whole_payment
from payments.words import state_for_buyer, state_for_provider


class Told:
    """What a list says of an order, and its own page too. Whoever inherits has these as fields."""

    state: OrderState
    payment_state: PaymentState
    provider_name: str
    total_pence: int
    top_up_pence: int
    given_back_pence: int
    placed_at: datetime | None
    complaint_at: datetime | None
    complaint_ended_at: datetime | None
    owed_again: bool

    @property
    def complaint_open(self) -> bool:
        return self.complaint_at is not None and self.complaint_ended_at is None

    @property
    def words_for_buyer(self) -> str:
        how = {"was_placed": self.placed_at is not None, "owed_again": self.owed_again}
        payment_state = whole_payment(self.payment_state, self.top_up_pence, self.total_pence - self.given_back_pence)
        return state_for_buyer(self.state, payment_state, self.provider_name, **how)

    @property
    def words_for_provider(self) -> str:
        return state_for_provider(self.state)
