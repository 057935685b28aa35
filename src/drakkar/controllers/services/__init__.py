"""Which pods stand behind a service."""
