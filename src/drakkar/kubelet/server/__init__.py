"""The node's own HTTPS server, and the streams it serves."""
