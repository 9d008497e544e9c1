"""Compiling to machine code with numba, which the base install does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from crackgauge.errors import UsageError

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile a function at its first call; the machine code is kept for later processes.

    It is kept beside the package, or in the user's cache folder where the package cannot be
    written. Where neither can be, it is compiled anew in every process.

    Raises:
        UsageError: numba is not installed.
    """
    try:
        import numba
    except ImportError as error:
        raise UsageError(
            "tracing needs numba, which is not installed; install it with "
            '`pip install "crackgauge[trace]"`'
        ) from error
    try:
        made: _Function = numba.njit(function, cache=True, nogil=True)
    except RuntimeError:  # no folder for the machine code
        made = numba.njit(function, nogil=True)
    return made
