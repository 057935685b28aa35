"""The well-known DRA lab, step by step: what is typed, what the cluster answers, and whether that is what it must be."""
