"""Generated gRPC stubs of the node protocols, and the .proto files they come from."""
