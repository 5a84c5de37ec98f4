"""Bring a database to the present schema, check that it is there, and write the next migration."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

import budgets.models
import catalogue.models
import marketplace.accounts.models
import marketplace.audit.models
import marketplace.outbox.models
import marketplace.planning.models
import marketplace.uploads.models
import migrations
import payments.models
import ratings.models
from marketplace.database import Base, Pence, db, transaction

EVERY_TABLE = (
    marketplace.accounts.models,
    marketplace.audit.models,
    marketplace.outbox.models,
    catalogue.models,
    budgets.models,
    payments.models,
    ratings.models,
    marketplace.planning.models,
    marketplace.uploads.models,
)
"""Importing these makes every table known, which a comparison needs."""


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def migrate() -> None:
    """Upgrade the database of the current application to the newest migration, in one transaction."""
    with transaction():
        command.upgrade(_config(db.session.connection()), "head")
        if db.engine.dialect.name == "sqlite":
            _only_whole_pence()


def _only_whole_pence() -> None:
    """SQLite keeps words and fractions in columns of whole numbers: here it refuses them, as PostgreSQL does by itself.

    Written anew after each migration, because one that rebuilds a table loses its triggers.
    """
    for table in Base.metadata.sorted_tables:
        columns = [column.name for column in table.columns if isinstance(column.type, Pence)]
        broken = " OR ".join(f"typeof(NEW.{name}) NOT IN ('integer', 'null')" for name in columns)
        for verb in ("INSERT", "UPDATE") if columns else ():
            trigger = f"{table.name}_whole_pence_{verb.lower()}"
            db.session.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
            db.session.execute(
                text(
                    f"CREATE TRIGGER {trigger} BEFORE {verb} ON {table.name} WHEN {broken} "
                    "BEGIN SELECT RAISE(ABORT, 'pence are whole numbers'); END"
                )
            )


def pending() -> bool:
    """Whether migrations are still to be run."""
    context = MigrationContext.configure(db.session.connection())
    return context.get_current_revision() != _head()


def differences() -> list[object]:
    """What differs between the tables in the code and those in the database; empty when all is well."""
    context = MigrationContext.configure(
        db.session.connection(), opts={"compare_type": False, "target_metadata": Base.metadata}
    )
    return list(compare_metadata(context, Base.metadata))


def write_next(message: str, number: str) -> None:
    """Write the next migration, `number` such as `0003`, from what differs between the tables and the database."""
    with transaction():
        command.revision(_config(db.session.connection()), message, autogenerate=True, rev_id=number)


def _head() -> str | None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return ScriptDirectory.from_config(config).get_current_head()
