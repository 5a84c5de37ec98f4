"""The base of every factory: rows are added to the session of the open `transaction()`."""

import factory

from marketplace.database import db


class Factory(factory.alchemy.SQLAlchemyModelFactory):
    """Valid by default, traits for states. Use inside `with transaction():`; rows are flushed, so ids are known."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session  # noqa: E731
        sqlalchemy_session_persistence = "flush"
