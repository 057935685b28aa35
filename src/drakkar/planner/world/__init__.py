"""What there is, from objects of any origin: nodes, devices, claims and the pods to place."""
