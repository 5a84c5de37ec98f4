"""Tables: how things are named, types of columns, and the one `db`."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, MetaData, Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

Id = BigInteger().with_variant(Integer, "sqlite")
"""Primary keys: 64 bits on both databases (SQLite's INTEGER has 64)."""


class Pence(TypeDecorator[int]):
    """Whole pence. Refuses floats, decimals and booleans before they reach the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if type(value) is not int:
            raise TypeError(f"pence must be int, not {type(value).__name__}")
        return value


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, in and out. SQLite keeps it as text without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_column(enum: type[StrEnum], length: int = 24) -> Enum:
    """Text column that holds the values of `enum`, kept honest by a CHECK constraint named after the enum."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=length,
        name=_snake(enum.__name__),
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that are built once, when a module is read, and then `sent`.

    Building a statement costs several times what sending it does, so whatever every purchase runs is built once.
    """
    return cast("Table", model.__table__)
