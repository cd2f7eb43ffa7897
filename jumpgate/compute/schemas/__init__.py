"""What request bodies and query strings of compute may hold: one module per resource."""
