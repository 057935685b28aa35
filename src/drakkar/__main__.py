"""`python -m drakkar` is the command `drakkar`."""

from drakkar.cli import main

main()
