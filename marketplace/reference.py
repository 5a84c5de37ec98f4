"""Reference data that every installation has: councils and categories. Safe to run again."""

import catalogue.services.reference
import marketplace.accounts.services.reference


def ensure() -> None:
    """Add what is missing; change names that changed; delete nothing."""
    marketplace.accounts.services.reference.ensure_councils()
    catalogue.services.reference.ensure_categories()
