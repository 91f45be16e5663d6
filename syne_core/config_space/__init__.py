"""Configuration spaces: which values each hyperparameter may take.

A space is a plain dictionary. A value that is a :class:`Domain` is searched over, any other is a constant
that every configuration carries::

    space = {"lr": loguniform(1e-5, 0.1), "n_layers": randint(1, 4), "epochs": 27}

Names, signatures, meaning of bounds and the JSON form are those of Syne Tune 0.13, so that each reads the
spaces of the other. Domains are immutable and hashable, and each maps its values to and from the unit
interval, which is all that samplers and surrogate models need to know of it. Random numbers come only from
the generator that the caller passes. Standard library only: definitions are imported by every command.
"""

from syne_core.config_space.argparse_form import add_to_argparse
from syne_core.config_space.categories import Categorical, Ordinal, OrdinalNearestNeighbor
from syne_core.config_space.constructors import (
    choice,
    finrange,
    logfinrange,
    logordinal,
    lograndint,
    loguniform,
    ordinal,
    randint,
    reverseloguniform,
    uniform,
)
from syne_core.config_space.domain import Domain, RandomSource
from syne_core.config_space.finite_range import FiniteRange
from syne_core.config_space.intervals import Float, Integer
from syne_core.config_space.json_form import (
    config_space_from_json_dict,
    config_space_to_json_dict,
    from_dict,
    to_dict,
)
from syne_core.config_space.spaces import (
    cast_config_values,
    check_config_space,
    config_key,
    config_mistakes,
    config_space_size,
    decode_config,
    encode_config,
    enumerate_configs,
    is_valid_config,
    non_constant_hyperparameter_keys,
    sample_config,
)

__all__ = [
    "Categorical",
    "Domain",
    "FiniteRange",
    "Float",
    "Integer",
    "Ordinal",
    "OrdinalNearestNeighbor",
    "RandomSource",
    "add_to_argparse",
    "cast_config_values",
    "check_config_space",
    "choice",
    "config_key",
    "config_mistakes",
    "config_space_from_json_dict",
    "config_space_size",
    "config_space_to_json_dict",
    "decode_config",
    "encode_config",
    "enumerate_configs",
    "finrange",
    "from_dict",
    "is_valid_config",
    "logfinrange",
    "logordinal",
    "lograndint",
    "loguniform",
    "non_constant_hyperparameter_keys",
    "ordinal",
    "randint",
    "reverseloguniform",
    "sample_config",
    "to_dict",
    "uniform",
]
