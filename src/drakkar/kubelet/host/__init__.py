"""The machine below a node: its system calls, its paths, and what of it no container sees."""
