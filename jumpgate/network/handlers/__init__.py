"""The network service's resources: tables of attributes, and handlers where a table does not do."""
