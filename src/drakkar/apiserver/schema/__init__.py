"""The schemas of the whole Kubernetes API: what decoding, patches, apply and OpenAPI read of them."""
