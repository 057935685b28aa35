"""The rules of DRA, each alone: what a request is, and what may be chosen beside what is chosen."""
