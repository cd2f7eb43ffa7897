"""What the fixtures are made of: real processes on loopback, independent of Jumpgate's code."""
