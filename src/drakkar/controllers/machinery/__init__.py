"""What controllers are made of, and what several of them ask of pods and owners."""
