"""The command line: `python -m vizcore COMMAND ...`. Each command is a module of `vizcore.cli`.

Exit codes: 0 success (also when the reader of a pipe has seen enough), 1 the system refused
(a full disk) and 2 bad input or usage, both with the reason on stderr, 130 interrupted. Files and
pipes get UTF-8.
"""

from __future__ import annotations

import argparse
import io
import os
import pkgutil
import sys
import warnings
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
    _write_utf8()
    # Pictures have a limit of our own, which says so by name; Pillow's warning names no file.
    warnings.filterwarnings("ignore", message=r"Image size \(\d+ pixels\) exceeds limit")
    args = parser().parse_args(arguments)
    try:
        code: int = args.run(args)
        print(end="", flush=True)
    except ConvScopeError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except BrokenPipeError:
        _write_nowhere()
        return 0
    except OSError as error:
        _write_nowhere()
        what = "The output" if error.filename is None else f"'{error.filename}'"
        print(f"{what} cannot be read or written: {error.strerror or error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _write_utf8() -> None:
    """Rules and signs reach every file and pipe; a terminal without them shows their codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8")


def _write_nowhere() -> None:
    """Nothing more can be written, not even by Python's own last flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
