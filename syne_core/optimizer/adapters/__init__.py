"""Other libraries' optimisers as schedulers. Each library is imported only when a scheduler of it is made."""

from syne_core.optimizer.adapters.adapter_scheduler import AdapterScheduler
from syne_core.optimizer.adapters.ask_tell_scheduler import AskTellScheduler
from syne_core.optimizer.adapters.optuna_scheduler import OptunaScheduler

__all__ = ["AdapterScheduler", "AskTellScheduler", "OptunaScheduler"]
