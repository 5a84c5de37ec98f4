"""Users, organisations, councils, memberships, sign-in, and the one rule of each route."""
