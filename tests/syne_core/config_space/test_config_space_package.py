"""What the package exports and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

from syne_core import config_space as cs
from syne_core.config_space import (
    Categorical,
    Domain,
    FiniteRange,
    Float,
    Integer,
    Ordinal,
    OrdinalNearestNeighbor,
)


def test_importing_it_loads_no_package_beyond_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import syne_core.config_space\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["syne_core"]


def test_public_names_are_those_that_the_package_imports() -> None:
    imported = {name for name, value in vars(cs).items() if not isinstance(value, ModuleType)}
    assert {name for name in imported if not name.startswith("_")} == set(cs.__all__)


def test_class_hierarchy_is_that_of_syne_tune() -> None:
    assert issubclass(OrdinalNearestNeighbor, Ordinal)
    assert issubclass(Ordinal, Categorical)
    assert all(issubclass(cls, Domain) for cls in (Float, Integer, Categorical, FiniteRange))
