"""How containers are run: what a runtime is asked for, and the runtimes that answer."""
