"""What comes over the wire as values: bodies, protobuf, and their fit to the schemas."""
