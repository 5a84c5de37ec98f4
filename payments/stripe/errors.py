"""What may come back from Stripe instead of an answer."""

from marketplace.kernel.errors import DomainError


class PaymentsNotSetUp(DomainError):
    """This installation has no Stripe account."""

    def __init__(self) -> None:
        super().__init__("Card payments are not set up on this site. Choose another way of paying.")


class GatewayError(Exception):
    """Stripe's answer was not the one hoped for."""


class GatewayUnknown(GatewayError):
    """Nobody knows whether it happened: the reply was lost, or said that something went wrong. Ask before trying again.

    `answered`: whether Stripe has replied, so that the request is over and cannot take effect later.
    """

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


class GatewayRefused(GatewayError):
    """Stripe will not do this as it was asked, and nothing happened."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class CardDeclined(GatewayError):
    """The bank said no, or asks for the person. `intent_id` names the payment that stays open for another card."""

    def __init__(self, code: str, intent_id: str | None) -> None:
        super().__init__(code)
        self.code = code
        self.intent_id = intent_id


class BadSignature(GatewayError):
    """A webhook that Stripe did not sign with our secret, or signed too long ago."""
