"""The scheduler: places pods on nodes and allocates the devices their claims ask for."""
