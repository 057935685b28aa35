"""What is told of a search: the allocation as it stands in a claim, errors, and why a device was not chosen."""
