"""What must follow a commit (e-mail, search index, calls to Stripe) and the worker that does it."""
