"""The database that drivers may keep their things in: engine, tables, migrations, lists and tasks."""
