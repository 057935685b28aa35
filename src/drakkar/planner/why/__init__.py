"""Why a node has no devices for claims, as structs: what the allocator says of it, and what the least is that would help."""
