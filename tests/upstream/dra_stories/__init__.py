"""Stories of pods and claims, told to any control plane; what comes of each is compared."""
