"""What the services of one cloud share: sessions, error tables, id maps, regions."""
