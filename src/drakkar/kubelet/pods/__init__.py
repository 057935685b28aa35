"""The node's pods: a worker each, from their spec to their end."""
