"""The drivers of the image service."""
