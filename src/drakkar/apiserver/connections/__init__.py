"""Connections: TLS, their bounds, who may be connected, and for how long."""
