"""Start the command line: `syncrules`, or `python -m syncrules`."""

from __future__ import annotations


def main() -> None:
    """Carry out the command that was typed."""
    from syncrules.cli.commands import commands

    commands(prog_name="syncrules")


if __name__ == "__main__":
    main()
