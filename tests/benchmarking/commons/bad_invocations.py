"""Generates bad command lines and broken files, each with what the message about it must say.

The generator is seeded: a case is known by its family and number.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from benchmarking.commons.benchmark_definitions.space_expression import CONSTRUCTORS
from benchmarking.commons.launch_flags import BASE_FLAGS

__all__ = ["CASES", "FEW", "GOOD", "Bad"]

Rng = random.Random

GOOD = ("--experiment_tag", "t", "--benchmark", "parabola")
INTEGERS = ("num_seeds", "start_seed", "n_workers", "max_num_evaluations", "max_failures", "random_seed")
POSITIVE = ("n_workers", "max_num_evaluations", "max_wallclock_time", "n_parallel")
NOT_INTEGERS = ("two", "1.5", "1e3", "0x10", "3 4", "", "None", "3s", "½", "--")
NOT_DURATIONS = ("10:30", "5 hours", "h", "1m2h", "nan", "inf", "", "5H", "1h1h", "ten", "1:2:3", "3,5")
NOT_TAGS = ("a b", "-x", "x-", "ä", "a/b", "", "a" * 61, "a\nb", "..", "$HOME", "a.b")
NOT_BOOLEANS = ("yes", "2", "", "on", "01", "vrai")
FLAGS = [flag.name for flag in BASE_FLAGS if not flag.hidden]
KEYS = [flag.name for flag in BASE_FLAGS if flag.in_files]

DEFINITION = {
    "script": "train.py",
    "config_space": "{x: 'uniform(0, 1)', epochs: 4}",
    "max_wallclock_time": "1m",
    "n_workers": "2",
    "metric": "loss",
    "mode": "min",
    "max_resource_attr": "epochs",
}

METHODS = (
    ("methods = {}\n", "methods is {}"),
    ("methods = ['RS']\n", "methods is ['RS']"),
    ("method = {}\n", "defines no 'methods'"),
    ("methods = {'RS': 3}\n", "methods['RS'] is 3, not a function"),
    ("methods = {3: print}\n", "method 3: a name must be text"),
    ("methods = {'a/b': print}\n", "method 'a/b': a name must be text"),
    ("methods = {'RS': lambda arguments: None}\n", "method RS on parabola: the method returns None"),
    ("methods = {'RS': lambda arguments: arguments.nothing}\n", "method RS on parabola: AttributeError"),
    ("methods = {'RS': lambda: 1}\n", "method RS on parabola: TypeError"),
    ("methods = {\n", "methods.py, line 1: SyntaxError"),
    ("import nowhere_to_be_found\n", "methods.py, line 1: ModuleNotFoundError"),
    ("\n\nraise ValueError('no')\n", "methods.py, line 3: ValueError: no"),
)


@dataclass(frozen=True)
class Bad:
    """A bad invocation: words, files to write before, and what the message must say."""

    words: tuple[str, ...]
    says: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)


def misspelt(rng: Rng, name: str) -> str:
    """``name`` with a letter doubled, dropped or swapped with the next."""
    while True:
        at = rng.randrange(1, len(name) - 1)
        change = rng.choice(
            [
                name[:at] + name[at:][0] + name[at:],
                name[:at] + name[at + 1 :],
                name[:at] + name[at:][1::-1] + name[at + 2 :],
            ]
        )
        if change != name and change not in FLAGS:
            return change


# -- families: each makes a bad invocation -------------------------------------------------------


def unknown_flag(rng: Rng) -> Bad:
    name = rng.choice(FLAGS)
    word = f"--{misspelt(rng, name)}"
    words = (f"{word}=1",) if rng.random() < 0.3 else (word, "1") if rng.random() < 0.5 else (word,)
    return Bad((*GOOD, *words), (f"Unknown flag {word}. Did you mean --",))


def strange_word(rng: Rng) -> Bad:
    word = rng.choice(["word", "-", "3", "mlp_digits", "a b", "study.yml.bak", "*", "ünïcode", "-7", "''"])
    return Bad((*GOOD, word), (f"Unexpected argument '{word}'",))


def missing_value(rng: Rng) -> Bad:
    name = rng.choice([flag.name for flag in BASE_FLAGS if not flag.switch and not flag.hidden])
    rest = rng.choice([(), ("--json",), ("--num_seeds=1",)])
    return Bad((*GOOD, f"--{name}", *rest), (f"--{name} needs a value",))


def no_integer(rng: Rng) -> Bad:
    name, value = rng.choice(INTEGERS), rng.choice(NOT_INTEGERS)
    if name == "n_workers" and not value:
        return Bad((*GOOD, f"--{name}={value}"), ("--n_workers '': an element is empty",))
    return Bad((*GOOD, f"--{name}={value}"), (f"--{name} '{value}': not an integer",))


def out_of_range(rng: Rng) -> Bad:
    if rng.random() < 0.6:
        name, value = rng.choice(POSITIVE), rng.choice(["0", "-1", "-300"])
        return Bad((*GOOD, f"--{name}", value), (f"--{name} must be positive, is {value}",))
    name = rng.choice(["start_seed", "max_failures", "random_seed"])
    return Bad((*GOOD, f"--{name}", "-2"), (f"--{name} must not be negative, is -2",))


def no_seeds(rng: Rng) -> Bad:
    start = rng.randrange(1, 50)
    stop = rng.randrange(-3, start + 1)
    return Bad((*GOOD, "--start_seed", str(start), "--num_seeds", str(stop)), ("No seeds",))


def no_duration(rng: Rng) -> Bad:
    value = rng.choice(NOT_DURATIONS)
    return Bad((*GOOD, f"--max_wallclock_time={value}"), (f"'{value}': no duration; write",))


def no_tag(rng: Rng) -> Bad:
    value = rng.choice(NOT_TAGS)
    return Bad((*GOOD, f"--experiment_tag={value}"), ("--experiment_tag '", "letters, digits"))


def no_boolean(rng: Rng) -> Bad:
    name, value = rng.choice(["scale_max_wallclock_time", "restart", "json"]), rng.choice(NOT_BOOLEANS)
    return Bad((*GOOD, f"--{name}={value}"), (f"--{name} '{value}': valid: 1, 0, true, false",))


def unknown_name(rng: Rng) -> Bad:
    kind, name = rng.choice([("benchmark", "parabola"), ("method", "ASHA")])
    wrong = misspelt(rng, name)
    return Bad((*GOOD, f"--{kind}", wrong), (f"Unknown {kind} '{wrong}'. Did you mean '{name}'?",))


def bad_list(rng: Rng) -> Bad:
    words, message = rng.choice(
        [
            (("--method", "RS,"), "an element is empty"),
            (("--method", "RS,,ASHA"), "an element is empty"),
            (("--method", "RS,RS"), "'RS' is given twice"),
            (("--n_workers", "1,2,1"), "'1' is given twice"),
            (("--n_workers", "1;2"), "'1;2': not an integer"),
            (("--n_workers", "1,x"), "'x': not an integer"),
            (("--n_workers", "2,0"), "must be positive, is 0"),
            (("--benchmark", "parabola,parabola"), "'parabola' is given twice"),
            (("--benchmark", ","), "an element is empty"),
            (("--benchmark", "parabola,mine.yaml"), "a list that names files belongs into a study file"),
        ]
    )
    return Bad((*GOOD, *words), (message,))


def missing_file(rng: Rng) -> Bad:
    flag, name = rng.choice(
        [
            ("benchmark", "none.yaml"),
            ("benchmark", "no/where.py"),
            ("benchmark", "~/none.yml"),
            ("methods", "none.py"),
            ("study", "none.yaml"),
            ("study", "."),
            ("benchmark", "./"),
            ("benchmark", "folder.yaml"),
            ("methods", "."),
        ]
    )
    says = (
        "is defined by" if name == "./" else "directory" if name in (".", "folder.yaml") else "no such file"
    )
    return Bad((*GOOD, f"--{flag}", name), (says,), {"folder.yaml/x": ""})


def several_at_once(rng: Rng) -> Bad:
    parts = [family(rng) for family in rng.sample([unknown_flag, no_integer, no_boolean, no_duration], 3)]
    words = tuple(word for part in parts for word in part.words[len(GOOD) :])
    return Bad((*GOOD, *words), tuple(says for part in parts for says in part.says))


def bad_study_key(rng: Rng) -> Bad:
    key = misspelt(rng, rng.choice(KEYS))
    text = f"experiment_tag: t\n{key}: 1\nbenchmark: parabola\n"
    return Bad(
        ("study.yaml",), (f"study.yaml, line 2: unknown key '{key}'. Did you mean '",), {"study.yaml": text}
    )


def bad_study_value(rng: Rng) -> Bad:
    key, value, says = rng.choice(
        [
            *[(name, "two", "not an integer") for name in INTEGERS],
            *[(name, "{a: 1}", "takes") for name in INTEGERS],
            *[("max_wallclock_time", value, "no duration") for value in ("10:30", "soon", "1_000", ".inf")],
            ("num_seeds", "[1, 2]", "takes one value, not a list"),
            ("method", "[]", "is an empty list"),
            ("method", "[RS, ASHA, RS]", "is given twice"),
            ("method", "Asha", "Did you mean 'ASHA'?"),
            ("method", "", "has no value"),
            ("n_workers", "[1, 2.5]", "not an integer"),
            ("n_workers", "[1, 0]", "must be positive"),
            ("scale_max_wallclock_time", "off", "valid: 1, 0, true, false"),
            ("debug", "true", "is for the command line only"),
            ("study", "other.yaml", "is for the command line only"),
            ("methods", "none.py", "none.py: no such file"),
            ("benchmark", "[parabola, none.yaml]", "none.yaml: no such file"),
            ("start_seed", "5", "No seeds"),
            ("experiment_tag", "u", "is given again (first on line 1)"),
        ]
    )
    text = f"experiment_tag: t\n{key}: {value}\n"
    text += "" if key == "benchmark" else "benchmark: parabola\n"
    return Bad(("--study", "study.yaml"), (says,), {"study.yaml": text})


def bad_study_syntax(rng: Rng) -> Bad:
    text, says = rng.choice(
        [
            ("", "the file is empty"),
            ("- a\n", "expected 'key: value' lines"),
            ("experiment_tag\n", "expected 'key: value' lines"),
            ("experiment_tag: t\n\tn_workers: 2\n", "line 2: "),
            ("experiment_tag: 't\n", "line "),
            ("experiment_tag: t\nn_workers: [1, 2\n", "line "),
            ("experiment_tag: *t\n", "line 1: aliases"),
            ("experiment_tag: !!python/name:os.system\n", "line 1: the tag"),
            ("experiment_tag: t\n---\nexperiment_tag: u\n", "line 2: a file holds one document"),
            ("experiment_tag: t: u\n", "line 1: a second ': '"),
            ("script: a.py\nconfig_space: {}\n", "defines a benchmark, no study"),
            ("experiment_tag: \x00\n", "a control character"),
        ]
    )
    return Bad(
        (rng.choice(["study.yaml", "--study=study.yaml"]),), ("study.yaml", says), {"study.yaml": text}
    )


def bad_definition(rng: Rng) -> Bad:
    """A definition with a key dropped, misspelt, or of a wrong value."""
    keys = dict(DEFINITION)
    name = rng.choice(list(keys))
    how = rng.choice(["drop", "misspell", "value", "value", "expression", "expression"])
    if how == "drop":
        del keys[name]
        says = f"mine.yaml: '{name}' is missing"
    elif how == "misspell":
        wrong = misspelt(rng, name)
        keys[wrong] = keys.pop(name)
        says = f"unknown key '{wrong}'. Did you mean '{name}'?"
    elif how == "value":
        name, keys[name], says = rng.choice(
            [
                ("script", "nowhere.py", "does not exist"),
                ("script", "3", "script must be a path, is 3"),
                ("script", "", "script has no value"),
                ("config_space", "[1]", "a configuration space is a dict"),
                ("config_space", "{x: 'uniform(0, 1)'}", "config_space has no 'epochs'"),
                ("config_space", "{epochs: 0}", "'epochs' must be a positive integer constant, is 0"),
                ("config_space", "{epochs: 'randint(1, 3)'}", "'epochs' must be a positive integer constant"),
                ("max_wallclock_time", "10:30", "no duration; write 10h30m or 10m30s"),
                ("max_wallclock_time", "-3", "must be a positive number, is -3"),
                ("n_workers", "0", "n_workers must be a positive whole number, is 0"),
                ("n_workers", "four", "n_workers must be a positive whole number, is 'four'"),
                ("metric", "1.5", "metric must be text, is 1.5"),
                ("mode", "minimize", "mode is 'minimize'; valid: min, max"),
                ("max_resource_attr", "epoch", "Did you mean 'epochs'?"),
            ]
        )
    else:
        constructor = rng.choice(list(CONSTRUCTORS))
        arguments, says = rng.choice(
            [
                ("", "takes ("),
                ("(", "is no call"),
                ("1, 2, 3, 4, 5, 6", "takes ("),
                ("x, y", "text needs quotes"),
            ]
        )
        constructor, says = rng.choice([(constructor, says), (misspelt(rng, constructor), "no domain '")])
        keys["config_space"] = f'{{x: "{constructor}({arguments})", epochs: 4}}'
        says = says if arguments != "(" or constructor in CONSTRUCTORS else "no domain '"
    text = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return Bad((*GOOD, "--benchmark", "mine.yaml"), ("mine.yaml", says), {"mine.yaml": text, "train.py": ""})


def bad_python_definition(rng: Rng) -> Bad:
    text, says = rng.choice(
        [
            ("", "defines no 'benchmark'"),
            ("bench_mark = 1\n", "Did you mean to call 'bench_mark' so?"),
            ("benchmark = 1\n", "benchmark is of type int"),
            ("def benchmark(sagemaker_backend): raise OSError('x')\n", "OSError: x"),
            ("def benchmark(): return 1\n", "TypeError"),
            ("benchmark = \n", "line 1: SyntaxError"),
            ("\n\nexit(0)\n", "line 3: SystemExit"),
            ("import nowhere_to_be_found\n", "line 1: ModuleNotFoundError"),
            ("\x00", "null bytes"),
        ]
    )
    return Bad((*GOOD, "--benchmark", "mine.py"), ("mine.py", says), {"mine.py": text})


def bad_methods(rng: Rng) -> Bad:
    text, says = rng.choice(METHODS)
    return Bad((*GOOD, "--methods", "methods.py"), (says,), {"methods.py": text})


FAMILIES: dict[Callable[[Rng], Bad], int] = {
    unknown_flag: 20,
    strange_word: 8,
    missing_value: 8,
    no_integer: 26,
    out_of_range: 12,
    no_seeds: 6,
    no_duration: 10,
    no_tag: 10,
    no_boolean: 8,
    unknown_name: 8,
    bad_list: 10,
    missing_file: 9,
    several_at_once: 10,
    bad_study_key: 10,
    bad_study_value: 30,
    bad_study_syntax: 12,
    bad_definition: 40,
    bad_python_definition: 9,
    bad_methods: 12,
}


def cases() -> list[pytest.param]:
    """All different cases, by family and number."""
    found: dict[str, str] = {}
    for family, count in FAMILIES.items():
        for number in range(count):
            name = f"{family.__name__}-{number}"
            found.setdefault(repr(family(Rng(name))), name)
    return [
        pytest.param(FAMILIES_BY_NAME[name.rpartition("-")[0]](Rng(name)), id=name) for name in found.values()
    ]


FAMILIES_BY_NAME = {family.__name__: family for family in FAMILIES}
CASES = cases()

#: One of each of some families, for what takes longer.
FEW = [
    pytest.param(family(Rng(f"process-{number}")), id=family.__name__)
    for number, family in enumerate(
        [
            unknown_flag,
            no_integer,
            no_duration,
            missing_file,
            several_at_once,
            bad_study_key,
            bad_study_syntax,
            bad_definition,
            bad_python_definition,
            bad_methods,
        ]
    )
]
