"""`python -m multihowto`."""

from multihowto.cli import main

main()
