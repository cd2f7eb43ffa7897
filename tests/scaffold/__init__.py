"""The package that a new driver begins as."""
