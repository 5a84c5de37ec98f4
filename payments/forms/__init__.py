"""Shapes of the forms of payments."""
