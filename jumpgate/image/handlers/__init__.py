"""The image service's handlers, one module per resource."""
