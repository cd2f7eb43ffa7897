"""The drivers of the block storage service."""
