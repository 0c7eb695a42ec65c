"""Where the command `jetson-agent` starts, and `python -m agent`: nothing else is imported before Ctrl-C is heeded."""

import sys

_INTERRUPTED = 130
"""As shells report a program that Ctrl-C has ended."""


def main() -> None:
    """Run the command line."""
    try:
        from agent import cli  # noqa: PLC0415 - takes seconds on a small machine, in which somebody may think better

        cli.main()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
