"""The clouds that can serve the network API."""
