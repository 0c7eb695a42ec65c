"""`python -m agent`: the same as the command `jetson-agent`."""

from agent.cli import main

main()
