"""A demo council with people, budgets, providers and listings; and the way to sign in as each of them."""
