"""What an expression costs in upstream's units: at most, and what a call did cost."""
