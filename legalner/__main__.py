"""``python -m legalner`` is ``legalner``."""

from legalner.cli import main

main()
