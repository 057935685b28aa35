"""The node agent: runs pods and prepares their devices."""
