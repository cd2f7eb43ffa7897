"""A Jumpgate driver for mycloud."""
