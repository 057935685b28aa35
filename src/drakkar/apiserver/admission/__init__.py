"""What new and changed objects get from what else is stored, and what the cluster's state refuses."""
