"""What the pods that are placed have to do with one that is to be, counted as they come and go."""
