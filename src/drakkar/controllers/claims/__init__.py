"""The life of claims: made, reserved, freed (dra-semantics 4)."""
