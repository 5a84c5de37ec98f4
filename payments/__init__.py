"""Basket, checkout, orders, Stripe, levy, ledger, refunds and settlement."""
