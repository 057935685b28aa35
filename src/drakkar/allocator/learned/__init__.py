"""What was learned of nodes for claims that ask the same, until something of a node changes."""
