"""Plain Python shared by every layer: no Flask, no SQLAlchemy."""
