"""The command `drakkar`: one subcommand a file, each imported only when it runs."""

from drakkar.cli.main import main

__all__ = ["main"]
