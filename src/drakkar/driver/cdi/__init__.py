"""The Container Device Interface: what its spec files say, how devices are called, and a driver's directory of them."""
