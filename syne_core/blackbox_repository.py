"""The simulator's back-ends where Syne Tune's launchers import them from; see ``syne_core.blackbox``."""

from syne_core.backend.simulator.ported_backends import BlackboxRepositoryBackend, UserBlackboxBackend

__all__ = ["BlackboxRepositoryBackend", "UserBlackboxBackend"]
