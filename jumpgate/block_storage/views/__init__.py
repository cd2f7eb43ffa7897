"""How the things of block storage look in JSON."""
