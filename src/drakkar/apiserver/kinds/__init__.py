"""The kinds that are served, and what is known of each: defaults, legality, what of it may change, its versions."""
