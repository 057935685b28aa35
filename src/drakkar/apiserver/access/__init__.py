"""Who asks, and may they: authentication, authorization, and what a write must pass beyond its URL."""
