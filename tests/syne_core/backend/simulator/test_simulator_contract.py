"""The contract of back-ends, for simulated trials."""

from __future__ import annotations

from pathlib import Path

from simulated_benchmarks import FormulaBlackbox, contract_curve

from syne_core.backend.simulator.delays import SimulatorDelays
from syne_core.backend.simulator.simulator_backend import SimulatorBackend
from syne_core.backend.trial_backend import TrialBackend
from syne_core.testing.backend_contract import BackendContract

SLOW = SimulatorDelays(start=0.5, report=0.03, complete=0.01, stop=0.05, end_after_stop=0.2)


class TestSimulatorBackend(BackendContract):
    """Without delays."""

    real_time = False
    keeps_trials = False
    delays = SimulatorDelays()

    def make_backend(self, script_path: Path, folder: Path) -> TrialBackend:
        blackbox = FormulaBlackbox(contract_curve, {}, max_epochs=500)
        return SimulatorBackend(blackbox, delays=self.delays, entry_point=str(script_path))


class TestSimulatorBackendWithDelays(TestSimulatorBackend):
    """With all delays."""

    delays = SLOW


class TestSimulatorBackendThatCountsDecisionTime(BackendContract):
    """Real time is added."""

    real_time = False
    keeps_trials = False

    def make_backend(self, script_path: Path, folder: Path) -> TrialBackend:
        blackbox = FormulaBlackbox(contract_curve, {}, max_epochs=500)
        return SimulatorBackend(blackbox, count_decision_time=True)
