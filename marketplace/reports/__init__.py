"""What commissioners read: what was bought, where, at what price, and what is missing."""
