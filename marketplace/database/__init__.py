"""The database: naming, column types, the only way to write, and statements that are built once.

Reads run in a transaction that the database itself holds read-only; writes run inside `transaction()`. So a write that
somebody put in the wrong place fails at once, on SQLite and on PostgreSQL alike.
"""

from marketplace.database.sending import (
    for_each_dialect,
    look_up,
    named_before,
    new_id,
    send,
    send_once,
    takes_several_at_once,
    together,
    write,
)
from marketplace.database.tables import NAMING, Base, Id, Pence, UtcDateTime, db, enum_column, table_of
from marketplace.database.transactions import (
    again_if_taken,
    engine_options,
    in_transaction,
    install_engine_events,
    read_once,
    rows_changed,
    transaction,
)

__all__ = [
    "NAMING",
    "Base",
    "Id",
    "Pence",
    "UtcDateTime",
    "again_if_taken",
    "db",
    "engine_options",
    "enum_column",
    "for_each_dialect",
    "in_transaction",
    "install_engine_events",
    "look_up",
    "named_before",
    "new_id",
    "read_once",
    "rows_changed",
    "send",
    "send_once",
    "table_of",
    "takes_several_at_once",
    "together",
    "transaction",
    "write",
]
