"""Other libraries' optimisers as schedulers. Each library is imported only when a scheduler of it is made."""

from syne_core.optimizer.adapters.adapter_scheduler import AdapterScheduler
from syne_core.optimizer.adapters.ask_tell_scheduler import AskTellScheduler
from syne_core.optimizer.adapters.botorch_searcher import BoTorch, BoTorchSearcher
from syne_core.optimizer.adapters.optuna_scheduler import OptunaScheduler
from syne_core.optimizer.adapters.syne_tune_scheduler import SyneTuneScheduler

__all__ = [
    "AdapterScheduler",
    "AskTellScheduler",
    "BoTorch",
    "BoTorchSearcher",
    "OptunaScheduler",
    "SyneTuneScheduler",
]
