"""Who has to leave for a pod that fits nowhere, and where."""
