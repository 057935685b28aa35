"""A driver's plugin on its node: the servers the kubelet calls, its registration and its health."""
