"""Certifying a cloud."""
