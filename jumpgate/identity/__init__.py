"""Keystone: the identity service."""
