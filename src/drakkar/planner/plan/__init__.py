"""Pods placed one after the other, each with the devices that are left."""
