"""Random numbers are a function of seed, purpose and number."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator, Philox, SeedSequence

from syne_core.errors import UsageError
from syne_core.optimizer.random_streams import RandomStreams, check_seed


def _numbers(seed: int, purpose: str, number: int, size: int = 8) -> list[float]:
    values: list[float] = RandomStreams(seed, purpose).generator(number).random(size).tolist()
    return values


def test_generator_is_the_same_whenever_and_in_whatever_order_it_is_made() -> None:
    streams = RandomStreams(11, "a")
    forward = [streams.generator(k).random(4).tolist() for k in range(50)]
    backward = [streams.generator(k).random(4).tolist() for k in reversed(range(50))]
    assert forward == backward[::-1]
    assert forward == [_numbers(11, "a", k, 4) for k in range(50)]


def test_what_one_generator_draws_does_not_move_another() -> None:
    streams = RandomStreams(11, "a")
    first, second = streams.generator(0), streams.generator(1)
    first.random(10_000)
    assert second.random(8).tolist() == _numbers(11, "a", 1)


def test_seeds_purposes_and_numbers_all_matter() -> None:
    runs = [_numbers(s, p, k) for s in (0, 1, 2**40) for p in ("a", "b") for k in (0, 1, 2**33)]
    flat = [x for run in runs for x in run]
    assert len(set(flat)) == len(flat)


def test_key_and_counter_are_those_that_the_docstring_says() -> None:
    key = SeedSequence(5, spawn_key=(zlib.crc32(b"purpose"),)).generate_state(2, np.uint64)
    expected = Generator(Philox(key=key, counter=[0, 7, 0, 0])).random(8).tolist()
    assert _numbers(5, "purpose", 7) == expected


def test_numbers_of_neighbouring_generators_look_independent_and_uniform() -> None:
    streams = RandomStreams(0, "x")
    table = np.array([streams.generator(k).random(3) for k in range(4000)])
    assert np.allclose(table.mean(axis=0), 0.5, atol=0.02)
    assert np.allclose(table.var(axis=0), 1 / 12, atol=0.005)
    assert abs(np.corrcoef(table[:-1, 0], table[1:, 0])[0, 1]) < 0.05
    assert abs(np.corrcoef(table[:, 0], table[:, 1])[0, 1]) < 0.05


def test_numbers_do_not_change_between_processes_and_releases() -> None:
    # A run that was begun with an earlier release must be resumable: these numbers are for ever.
    code = (
        "import json; from syne_core.optimizer.random_streams import RandomStreams as S;"
        "print(json.dumps(S(31415927, 'random searcher').generator(3).random(3).tolist()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == _numbers(31415927, "random searcher", 3, 3)
    assert json.loads(done.stdout) == [0.14349419744830127, 0.4469502530679572, 0.29149089061570665]


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**64, 10**40, np.int64(4)])
def test_any_non_negative_integer_is_a_seed(seed: Any) -> None:
    assert check_seed(seed) == int(seed)
    assert type(check_seed(seed)) is int
    assert len(_numbers(seed, "a", 0)) == 8


@pytest.mark.parametrize("seed", [-1, 1.0, "1", True, None])
def test_anything_else_is_not(seed: Any) -> None:
    with pytest.raises(UsageError, match="random_seed must be a non-negative integer"):
        RandomStreams(seed, "a")
