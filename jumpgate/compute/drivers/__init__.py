"""The clouds that can stand behind compute."""
