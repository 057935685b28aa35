"""The words: what is told of devices, requests, nodes, plans and explanations."""
