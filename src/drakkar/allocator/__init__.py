"""The allocator: which devices a claim gets on a node. Pure: no I/O, no clock, no event loop."""
