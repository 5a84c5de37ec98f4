"""Refusals of accounts."""

from marketplace.kernel.errors import DomainError


class BadPassword(DomainError):
    """The password that somebody chose cannot be used; the message says what to choose."""


class WrongPassword(DomainError):
    """The present password was asked for and another one was typed."""


class WrongCode(DomainError):
    """A code was asked for and another one was typed, or one that was used or has ended."""


class WrongSignIn(DomainError):
    """No account has this e-mail address with this password. Which of the two is wrong is never said."""


class LinkEnded(DomainError):
    """A link from an e-mail that was used before, is too old, or was never ours."""

    status = 410
