"""The tables of the embedded cloud, one module per service."""
