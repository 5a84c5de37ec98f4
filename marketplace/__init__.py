"""What every part of the marketplace shares, and the place where the parts are put together."""
