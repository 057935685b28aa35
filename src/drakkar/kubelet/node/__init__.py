"""The node itself: its object and its lease, its lock, and its ports."""
