"""``jumpgate check``: what works, what is refused and what is wrong in a configured cloud; nothing is changed."""
