"""The audit log: who asked the server for what, and what came of it."""
