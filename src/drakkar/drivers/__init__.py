"""DRA drivers that ship with the project."""
