"""How the network service says things."""
