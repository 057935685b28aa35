"""The rules of a schema in CEL, x-kubernetes-validations: compiled once, asked of every object."""
