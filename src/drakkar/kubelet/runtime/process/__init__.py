"""The `process` runtime: containers as local processes, isolated as far as this machine allows."""
