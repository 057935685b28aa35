"""One node: what it has, what is used of it, and what of it alone keeps a pod out or makes it good."""
