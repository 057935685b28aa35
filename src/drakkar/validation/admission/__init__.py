"""Admission policies and their bindings: which requests they are about, and the expressions they hold them to."""
