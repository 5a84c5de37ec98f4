"""Commands of the catalogue, a module each."""
