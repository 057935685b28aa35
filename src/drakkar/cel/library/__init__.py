"""The functions of CEL, one module a topic; each exports FUNCTIONS, keyed by overload id."""
