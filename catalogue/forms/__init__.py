"""Shapes of the forms of the catalogue: a module per feature."""
