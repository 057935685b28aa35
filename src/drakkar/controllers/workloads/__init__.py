"""Pods on behalf of replica sets, deployments, daemon sets and jobs."""
