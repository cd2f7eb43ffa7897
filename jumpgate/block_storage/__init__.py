"""Cinder: the block storage service."""
