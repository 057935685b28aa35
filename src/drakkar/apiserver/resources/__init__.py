"""The verbs on stored objects, and what is done below an object."""
