"""Reads of the catalogue, always in a stated order."""
