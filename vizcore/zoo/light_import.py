"""Import torchvision without torch's compiler, which it asks one question and rarely needs.

torchvision 0.29 imports `torch._dynamo` for a single function that its detection operators call;
with all that hangs on it (sympy, the inductor) this is a thousand modules, 150 MB and most of the
time that torchvision takes to load. While torchvision is imported, a stand-in answers to that
name. Whatever else is asked of the stand-in, by any thread, brings the real module.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_COMPILER = "torch._dynamo"
_NAMES = (_COMPILER, f"{_COMPILER}.utils")


class _Standin(ModuleType):
    """Becomes the real module at the first attribute it does not have."""

    def __getattr__(self, name: str) -> Any:
        path_of_package = name == "__path__" and self.__name__ == _COMPILER
        if name.startswith("__") and not path_of_package:  # inspect and import ask every module
            raise AttributeError(name)
        _retire()
        return getattr(import_module(self.__name__), name)


def _is_compile_supported(device_type: str) -> bool:
    """Ask the real function, when torchvision first wants to know."""
    _retire()
    supported: bool = import_module(f"{_COMPILER}.utils").is_compile_supported(device_type)
    return supported


def _retire() -> None:
    for name in _NAMES:
        if type(sys.modules.get(name)) is _Standin:
            del sys.modules[name]


def torchvision_models() -> ModuleType:
    """Import and return `torchvision.models`.

    Example:
        >>> torchvision_models().__name__
        'torchvision.models'
    """
    if "torchvision" in sys.modules or _COMPILER in sys.modules:
        return import_module("torchvision.models")
    for name in _NAMES:
        sys.modules[name] = _Standin(name)
    vars(sys.modules[f"{_COMPILER}.utils"])["is_compile_supported"] = _is_compile_supported
    try:
        return import_module("torchvision.models")
    finally:
        _retire()
