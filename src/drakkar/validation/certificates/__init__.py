"""The rules of certificates.k8s.io: requests for certificates, and bundles of what is trusted."""
