"""The tests; they mirror jumpgate/."""
