"""The Tables that kubectl prints: columns and cells, kind by kind."""
