"""The entry point of the `netdsl` command: what takes time is imported where a Ctrl-C is heard."""

import sys


def main() -> None:
    """Ends the process with the documented status."""
    try:
        from netdsl.cli.main import main as called

        called()
    except KeyboardInterrupt:
        sys.exit(130)  # nothing is said: the console may be what was being imported


if __name__ == "__main__":
    main()
