"""Selectors and derived attributes: expressions about one device, compiled once and asked of many."""
