"""The typed handlers of compute: one module per resource."""
