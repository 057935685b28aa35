"""Admission policies at work: which of them a request falls under, and what their expressions say of it."""
