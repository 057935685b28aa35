"""The search for devices on one node, and what spares it from searching."""
