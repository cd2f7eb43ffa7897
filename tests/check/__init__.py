"""`jumpgate check`."""
