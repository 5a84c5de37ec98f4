"""Errors as Stripe words them. Handlers raise; `dispatch` alone knows how they become a reply.

Source: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes
"""

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """One error reply.

    `commits`: what was written stays written (a declined card leaves its failed charge behind).
    `remembered`: an idempotency key saves this reply; Stripe saves nothing when the parameters were not valid.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        commits: bool = False,
        remembered: bool = True,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.commits = commits
        self.remembered = remembered
        self.extra = extra

    def details(self) -> Json:
        """The object under `error`, with empty fields left out."""
        details: Json = {"type": self.type, "message": self.message, "code": self.code, "param": self.param}
        if self.code:
            details["doc_url"] = f"https://docs.stripe.com/error-codes#{self.code.replace('_', '-')}"
        details.update(self.extra)
        return {key: value for key, value in details.items() if value is not None}

    def body(self, request_id: str) -> Json:
        """The whole reply."""
        return {"error": {**self.details(), "request_log_url": f"/_faults/requests/{request_id}"}}


def not_valid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A parameter that was refused before anything was done."""
    return ApiError(message, param=param, code=code, remembered=False)


def missing(param: str) -> ApiError:
    """A required parameter that was not sent."""
    return not_valid(f"Missing required param: {param}.", param, "parameter_missing")


def unknown_parameter(param: str) -> ApiError:
    """A parameter that the sandbox does not know: refused, so that nothing is silently ignored."""
    return not_valid(f"Received unknown parameter: {param}", param, "parameter_unknown")


def no_such(type_name: str, identifier: str, param: str | None = "id", *, status: int = 404) -> ApiError:
    """An object that is not there: 404 when it is named by the address, 400 when by a parameter."""
    words = {"checkout.session": "checkout.session", "payment_method": "PaymentMethod"}.get(type_name, type_name)
    return ApiError(f"No such {words}: '{identifier}'", status=status, code="resource_missing", param=param)


def refused(message: str, code: str | None = None, param: str | None = None, **extra: Any) -> ApiError:
    """A request that is well formed, but not possible in the object's present state."""
    return ApiError(message, code=code, param=param, **extra)


def card_error(message: str, *, code: str, **extra: Any) -> ApiError:
    """The card said no. Always with HTTP 402, and what happened is kept."""
    return ApiError(message, status=402, type="card_error", code=code, commits=True, **extra)


def idempotency_mismatch(message: str) -> ApiError:
    """A key that was used before with something else."""
    return ApiError(message, type="idempotency_error", remembered=False)


def idempotency_in_use(key: str) -> ApiError:
    """A key whose first request has not been answered yet."""
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Try again later."
    )
    return ApiError(message, status=409, type="idempotency_error", code="idempotency_key_in_use", remembered=False)
