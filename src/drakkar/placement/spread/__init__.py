"""Topology spread: the rules of a pod, what must hold of them and what is wished, and whom the cluster spreads unasked."""
