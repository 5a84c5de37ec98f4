"""Numbered changes of the database's schema, for SQLite and PostgreSQL."""
