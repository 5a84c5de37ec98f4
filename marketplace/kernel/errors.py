"""Errors that the domain raises and that one place turns into a page."""


class DomainError(Exception):
    """A refusal that a person can act on.

    `message` is one sentence in plain English that says what to do. `field` names the form field to which the
    message belongs, if there is one. `status` is the HTTP status of the page when no form catches it.
    """

    status = 409

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(DomainError):
    """Nothing there, or nothing that the asker may know of: the two must look the same."""

    status = 404

    def __init__(self, message: str = "We could not find that page.", *, field: str | None = None) -> None:
        super().__init__(message, field=field)


class NotAllowed(DomainError):
    """The move is not possible from the present state."""


class SettingsError(DomainError):
    """The process cannot start as it is set up; the message says which setting to change."""

    status = 500
