"""Admission webhooks: programs of others, which are asked about writes and may change them."""
