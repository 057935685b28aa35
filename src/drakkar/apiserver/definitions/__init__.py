"""Custom kinds come and go with their definitions: names, conditions, serving, and the end of their objects."""
