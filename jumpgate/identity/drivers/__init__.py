"""The drivers of the identity service."""
