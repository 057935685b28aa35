"""What objects use of a ResourceQuota, and what a quota says of it: pure."""
