"""Jumpgate: the OpenStack API for any cloud."""
