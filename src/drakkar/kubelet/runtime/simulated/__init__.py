"""The simulated runtime: nothing runs, for plans and for tests of scale."""
