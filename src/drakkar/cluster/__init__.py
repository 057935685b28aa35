"""Assembles the parts into one running cluster: certificates, kubeconfig, start order, supervision."""
