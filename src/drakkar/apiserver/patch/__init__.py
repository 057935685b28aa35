"""Patches in their four kinds, and who owns the fields they write."""
