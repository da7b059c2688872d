"""Coefficients of agreement by name.

Each module of this package declares coefficients: functions with the decorator `coefficient` that take
`Ratings` and return an `Estimate`. Tables, bootstrap, command, export and pages read `COEFFICIENTS`, so
adding a coefficient takes one function here.
"""

import importlib
import pkgutil

from .registry import COEFFICIENTS as _REGISTERED
from .registry import Coefficient

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

COEFFICIENTS: dict[str, Coefficient] = dict(sorted(_REGISTERED.items(), key=lambda item: item[1].place))
STATISTICS = tuple(one.name for one in COEFFICIENTS.values() if not one.on_request)
FURTHER = tuple(one.name for one in COEFFICIENTS.values() if one.on_request)

__all__ = ["COEFFICIENTS", "FURTHER", "STATISTICS", "Coefficient"]
