"""The rules of the house (DESIGN, docs/architecture.md), checked over the whole tree."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import syne_core
from syne_core.errors import MissingDependencyError

ROOT = Path(syne_core.__file__).parents[1]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60


def _sources() -> dict[str, Path]:
    """Every module of the project by its dotted name; training scripts are programs of their own."""
    found = {}
    for package in ("syne_core", "benchmarking"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "training_scripts" not in parts and all(part.isidentifier() for part in parts):
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


SOURCES = _sources()
MODULES = sorted(SOURCES)


@functools.cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(SOURCES[module].read_text(), SOURCES[module].name)


def within(name: str, prefixes: Iterable[str]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


# -- arrows ---------------------------------------------------------------------------------------


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _import_nodes(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All imports, also those inside of functions, but for those that only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child
        elif not _is_type_checking(child):
            yield from _import_nodes(child)


@functools.cache
def imports_of(module: str) -> frozenset[str]:
    """Dotted names that ``module`` imports: modules, and names from modules."""
    names: set[str] = set()
    is_package = SOURCES[module].name == "__init__.py"
    for node in _import_nodes(tree_of(module)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
            continue
        base = node.module or ""
        if node.level:
            parents = module.split(".")[: len(module.split(".")) - node.level + is_package]
            base = ".".join([*parents, base] if base else parents)
        names.add(base)
        names.update(f"{base}.{alias.name}" for alias in node.names)
    return frozenset(names)


AWS_LIBRARIES = ("boto3", "botocore", "sagemaker", "moto", "s3transfer")
AWS_HOMES = (
    "syne_core.aws",
    "syne_core.backend.sagemaker",
    "syne_core.backend.sagemaker_backend",
    "syne_core.emulator",
)
TUNING_SIDE = tuple(
    f"syne_core.{name}"
    for name in (
        *("tuner", "tuning_loop", "trial_ledger", "replay", "tuner_callback", "results_callback"),
        *("experiment_record", "experiment_status", "tuning_status", "stopping_criterion", "journal"),
        *("results_table", "checkpoint_removal"),
    )
)
LAUNCHERS = tuple(
    module
    for module in MODULES
    if module.startswith(("benchmarking.commons.hpo_main", "benchmarking.commons.launch_remote"))
)
ABOVE_STUDY = ("benchmarking.cli", "benchmarking.nursery", *LAUNCHERS)
BELOW_STUDY = ("benchmarking.commons.benchmark_definitions", "benchmarking.commons.default_baselines")

# (who, must not import, unless it is one of)
ARROWS: list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = [
    (("syne_core",), ("benchmarking",), ()),
    (("syne_core.optimizer",), ("syne_core.backend", "syne_core.aws"), ("syne_core.backend.trial_status",)),
    (("syne_core.backend.local", "syne_core.backend.simulator"), ("syne_core.aws", *AWS_LIBRARIES), ()),
    (TUNING_SIDE, ("syne_core.optimizer",), ("syne_core.optimizer.scheduler",)),
    (
        TUNING_SIDE,
        ("syne_core.backend",),
        ("syne_core.backend.trial_backend", "syne_core.backend.trial_status"),
    ),
    (TUNING_SIDE, ("syne_core.aws", "syne_core.experiments", "syne_core.blackbox", "syne_core.emulator"), ()),
    (("syne_core.report", "syne_core.version"), ("syne_core",), ()),
    (("benchmarking.commons",), ("benchmarking.cli", "benchmarking.nursery"), ()),
    (("benchmarking.nursery",), ("benchmarking.cli",), ()),
    (("benchmarking.commons.remote",), ABOVE_STUDY, ()),
    (
        ("benchmarking.commons.study", "benchmarking.train_job"),
        (*ABOVE_STUDY, "benchmarking.commons.remote"),
        (),
    ),
    (BELOW_STUDY, (*ABOVE_STUDY, "benchmarking.commons.study", "benchmarking.train_job"), ()),
]


@pytest.mark.parametrize(("who", "what", "unless"), ARROWS, ids=lambda value: "+".join(value)[:40] or "none")
def test_imports_run_one_way(who: tuple[str, ...], what: tuple[str, ...], unless: tuple[str, ...]) -> None:
    wrong = [
        f"{module} imports {name}"
        for module in MODULES
        if within(module, who)
        for name in sorted(imports_of(module))
        if within(name, what) and not within(name, unless)
    ]
    assert not wrong


def test_arrows_are_about_modules_that_exist() -> None:
    """A rule about a misspelt module would never be broken."""
    assert [module for module in TUNING_SIDE if module not in SOURCES] == []
    assert LAUNCHERS


def test_aws_libraries_are_imported_in_their_homes_only() -> None:
    wrong = [
        f"{module} imports {name}"
        for module in MODULES
        if not within(module, AWS_HOMES)
        for name in imports_of(module)
        if within(name, AWS_LIBRARIES)
    ]
    assert not wrong


def test_imports_are_found_wherever_they_stand() -> None:
    """The rules above would be vacuous if this did not work."""
    assert "syne_core.optimizer.scheduler.TrialScheduler" in imports_of("syne_core.tuner")
    assert "pandas" in imports_of("syne_core.results_callback"), "inside of a function"
    assert "syne_core.tuner" not in imports_of("syne_core.tuner_callback"), "for type checkers only"


def _calls(module: str, method: str) -> list[int]:
    """Lines of calls of ``something.method(...)``."""
    return [
        node.lineno
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
    ]


def test_only_the_tuning_side_asks_a_method_about_a_report() -> None:
    """One run path for live, simulated and remote. Methods may delegate to methods; tests drive them."""
    allowed = ("syne_core.trial_ledger", "syne_core.optimizer", "syne_core.testing")
    callers = [module for module in MODULES if _calls(module, "on_trial_result")]
    assert "syne_core.trial_ledger" in callers
    assert [module for module in callers if not within(module, allowed)] == []


# -- names and docstrings ---------------------------------------------------------------------------

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _public_definitions(module: str) -> list[Definition]:
    return [
        node
        for node in tree_of(module).body
        if isinstance(node, Definition) and not node.name.startswith("_")
    ]


def _declared(module: str) -> list[str] | None:
    """``__all__``, where it is a plain list or tuple."""
    for node in tree_of(module).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            assert isinstance(node, ast.Assign)
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def _imported(module: str) -> ModuleType | None:
    """The module; None if it needs a library of an extra that is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or within(error.name, ("syne_core", "benchmarking")):
            raise
        return None
    except MissingDependencyError:
        return None


def test_all_lists_what_is_public() -> None:
    """In every module, or, for the inner rooms of a package such as config_space, in its ``__init__``."""
    wrong = []
    for module in MODULES:
        public, declared = {node.name for node in _public_definitions(module)}, _declared(module)
        if declared is not None:
            wrong += [f"{module}.{name} is not in __all__" for name in sorted(public - set(declared))]
            wrong += [f"{module}: {n} is twice in __all__" for n in {*declared} if declared.count(n) > 1]
        elif public and not _declared(module.rpartition(".")[0]):
            wrong.append(f"{module} has no __all__, nor has its package")
    assert not wrong


def test_all_lists_nothing_that_cannot_be_imported() -> None:
    wrong = []
    for module in MODULES:
        loaded = _imported(module)
        if loaded is not None:
            wrong += [f"{module}.{name}" for name in _declared(module) or [] if not hasattr(loaded, name)]
    assert not wrong


def test_every_module_and_public_name_has_a_docstring() -> None:
    wrong = []
    for module in MODULES:
        definitions = _public_definitions(module)
        if definitions and not ast.get_docstring(tree_of(module)):
            wrong.append(module)
        wrong += [f"{module}.{node.name}" for node in definitions if not ast.get_docstring(node)]
    assert not wrong


def test_every_public_method_has_a_docstring_or_inherits_one() -> None:
    wrong = []
    for module in MODULES:
        loaded = _imported(module)
        for node in _public_definitions(module):
            cls = getattr(loaded, node.name, None)
            if inspect.isclass(cls) and not getattr(cls, "_is_protocol", False):
                wrong += [f"{module}.{node.name}.{name}" for name in _undocumented_members(cls)]
    assert not wrong


def _undocumented_members(cls: type) -> list[str]:
    return [
        name
        for name, member in vars(cls).items()
        if not name.startswith(("_", "test_"))
        and (inspect.isfunction(member) or isinstance(member, (property, classmethod, staticmethod)))
        and not inspect.getdoc(getattr(cls, name))
    ]


def test_no_room_is_called_utils() -> None:
    assert [m for m in MODULES if {"utils", "util", "helpers", "helper", "misc"} & set(m.split("."))] == []


# -- sizes ------------------------------------------------------------------------------------------


def test_no_file_is_longer_than_one_can_overlook() -> None:
    lengths = {module: len(SOURCES[module].read_text().splitlines()) for module in MODULES}
    assert not {module: length for module, length in lengths.items() if length > MAX_FILE_LINES}


def test_no_function_is_longer_than_a_screen() -> None:
    wrong = [
        f"{module}.{node.name}: {_length(node)} lines"
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _length(node) > MAX_FUNCTION_LINES
    ]
    assert not wrong


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines without the docstring."""
    first = node.body[0]
    documented = ast.get_docstring(node) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


# -- things that are not done here ------------------------------------------------------------------


def test_nothing_is_pickled_and_nothing_goes_through_a_shell() -> None:
    wrong = []
    for module in MODULES:
        wrong += [
            f"{module} imports {n}"
            for n in imports_of(module)
            if within(n, ("pickle", "dill", "cloudpickle"))
        ]
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.keyword) and node.arg == "shell" and ast.unparse(node.value) != "False":
                wrong.append(f"{module}:{node.value.lineno} uses a shell")
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.system", "os.popen"):
                wrong.append(f"{module}:{node.lineno} uses a shell")
    assert not wrong


# Makers of generators; everything else there draws from, or sets, the global state.
GENERATORS = (
    "Random",
    "SystemRandom",
    "default_rng",
    "Generator",
    "BitGenerator",
    "Philox",
    "PCG64",
    "SeedSequence",
)
# A fork draws other numbers than its siblings only if the global state is set anew; the contract of
# schedulers sets it to see that they do not care. Syne Tune draws from it: it gets one of its own,
# and what was there is put back.
SET_IT_ON_PURPOSE = (
    "syne_core.backend.local.preloader",
    "syne_core.testing",
    "syne_core.optimizer.adapters.own_random_state",
)


def test_no_random_number_comes_from_the_global_state() -> None:
    """Fault 16."""
    wrong = []
    for module in MODULES:
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                source = ast.unparse(node.func.value)
                is_global = source in ("random", "np.random", "numpy.random")
                if is_global and node.func.attr not in GENERATORS and not within(module, SET_IT_ON_PURPOSE):
                    wrong.append(f"{module}:{node.lineno} {ast.unparse(node.func)}")
    assert not wrong


def test_typos_on_a_command_line_are_never_swallowed() -> None:
    """Fault 15: ``parse_known_args``."""
    assert [module for module in MODULES if _calls(module, "parse_known_args")] == []


# -- what is loaded, and when -------------------------------------------------------------------------

HEAVY = ("pandas", "boto3", "botocore", "matplotlib", "scipy", "torch", "sklearn")


def _loaded_by(code: str) -> set[str]:
    """Modules in a new interpreter after ``code``."""
    program = f"{code}\nimport sys\nprint('LOADED', *sys.modules)"
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    return set(output.rpartition("LOADED")[2].split())


def test_importing_the_engine_loads_nothing_of_it() -> None:
    ours = {name for name in _loaded_by("import syne_core") if within(name, ["syne_core"])}
    assert ours == {"syne_core", "syne_core.version"}


def test_report_line_loads_no_library() -> None:
    """Fault 4: importing the library cost each trial 450 ms of CPU."""
    loaded = _loaded_by("from syne_core import Reporter\nReporter()(a=1)")
    assert not {name for name in loaded if within(name, (*HEAVY, "numpy", "yaml", "click"))}


HELP = """
import sys
import click
from benchmarking.cli.main import cli, main
verbs = cli.list_commands(click.Context(cli))
assert "run" in verbs
for words in [], *([verb] for verb in verbs):
    sys.argv = ["synebench", *words, "--help"]
    try:
        main()
    except SystemExit as done:
        assert not done.code, (words, done.code)
"""


def test_help_loads_nothing_heavy() -> None:
    """Neither that of the command nor that of any verb."""
    assert not {name for name in _loaded_by(HELP) if within(name, HEAVY)}


def test_processes_of_trials_load_the_standard_library_only() -> None:
    """The server and what trials are forked from run as scripts, without our packages on the path."""
    for module in ("process_server", "preloader"):
        names = imports_of(f"syne_core.backend.local.{module}")
        tops = {name.partition(".")[0] for name in names}
        assert tops <= sys.stdlib_module_names, module
