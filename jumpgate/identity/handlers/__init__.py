"""The handlers of the identity service, one module for each resource."""
