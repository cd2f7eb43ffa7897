"""LXD, a cloud of system containers: what the drivers of its services share."""
