"""The script of a trial that calls a function: ``call_function.py FILE NAME ARGUMENTS CHECKPOINT_DIR``.

``ARGUMENTS`` is JSON. The file is executed under a name other than ``__main__``, and the function is
looked up in it.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

__all__ = ["MARK", "main"]

#: Set while a trial imports the file, to notice files that start an experiment when imported.
MARK = "SYNEBENCH_IMPORTING_FUNCTION"
_MODULE = "__synebench_function__"


def main(file: str, name: str, arguments: str, checkpoint_dir: str) -> None:
    """Call the function."""
    os.environ[MARK] = file
    function: Any = _import(file)
    del os.environ[MARK]
    for part in name.split("."):
        function = getattr(function, part)
    config = json.loads(arguments)
    if "st_checkpoint_dir" in inspect.signature(function).parameters:
        config["st_checkpoint_dir"] = checkpoint_dir
    function(**config)


def _import(file: str) -> ModuleType:
    sys.path[0] = os.path.dirname(file)  # as if the file itself had been started
    spec = spec_from_file_location(_MODULE, file)
    assert spec is not None, file
    assert spec.loader is not None, file
    module = module_from_spec(spec)
    sys.modules[_MODULE] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(*sys.argv[1:])
