"""What `make` runs: the layer rule, the generated documentation, the two rings of tests."""
