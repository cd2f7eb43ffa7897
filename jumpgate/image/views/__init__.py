"""How the image service's things look in JSON."""
