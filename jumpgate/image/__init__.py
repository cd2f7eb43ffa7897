"""Glance: the image service."""
