"""The command line: `python -m vizcore COMMAND ...`. Each command is a module of `vizcore.cli`.

Exit codes: 0 success (also when the reader of a pipe has seen enough), 2 bad input or usage with
one line on stderr, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module

import vizcore.cli
from vizcore.errors import ConvScopeError


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands: the modules of `vizcore.cli` that have a `NAME`."""
    root = argparse.ArgumentParser(
        prog="python -m vizcore",
        description="Explore convolutional networks: layers, building blocks, predictions.",
    )
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for found in pkgutil.iter_modules(vizcore.cli.__path__):
        module = import_module(f"vizcore.cli.{found.name}")
        if hasattr(module, "NAME"):
            command = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = parser().parse_args(arguments)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except ConvScopeError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has gone. Nothing more can be written, not even by Python's own last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
