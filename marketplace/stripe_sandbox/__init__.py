"""A stateful Stripe of our own: a WSGI application with its own file and process, that imports nothing of ours.

Speaks the Stripe API (version `2026-10-28.endive`) over HTTP, well enough that the official library cannot tell it
apart on the calls of `docs/stripe-sandbox.md`. No real money moves, no real card is ever kept.
"""
