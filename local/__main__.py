"""`python -m local`: see cli.py."""

from local.cli import main

main()
