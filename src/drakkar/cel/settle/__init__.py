"""What is settled once the types are there: the code of each call, what is the same for every device, what literals cannot be."""
