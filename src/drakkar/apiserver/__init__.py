"""The API server: Kubernetes' REST API for what DRA and its users' tools need."""
