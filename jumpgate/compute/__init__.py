"""Nova: the compute service."""
