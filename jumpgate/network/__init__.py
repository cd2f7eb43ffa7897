"""Neutron: the network service."""
