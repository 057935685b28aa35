"""What follows from the state of nodes: taints, and the end of pods that no kubelet will end."""
