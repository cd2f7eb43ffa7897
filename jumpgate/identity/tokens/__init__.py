"""The tokens, which are the same for every cloud: Fernet keys, the payload, issuing, validating and revoking."""
