"""Providers, listings, categories and search."""
