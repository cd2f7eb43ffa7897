"""Models of the identity service as JSON."""
