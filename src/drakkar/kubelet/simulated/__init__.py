"""Nodes on which nothing runs: many from one process, for plans and for tests of scale."""
