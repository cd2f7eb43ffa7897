"""How compute's things look in JSON: one module per resource."""
