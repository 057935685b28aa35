"""Kubernetes' Pod Security Standards: what each level forbids pods, by version, and what a namespace asks for: pure."""
