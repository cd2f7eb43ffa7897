"""OpenStack's own tests: the lists of what must pass, and the ring that runs them."""
