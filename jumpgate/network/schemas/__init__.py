"""How the values in request bodies and query strings are read."""
