"""Names of built-in and plugged-in things, behind one door.

Other packages plug in through entry points; one that cannot be imported is reported by name and
skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from syne_core.errors import UnknownNameError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["Registry"]


class Registry(Mapping[str, Any]):
    """Objects by name, imported when asked for.

    :param kind: what is registered, for messages: ``"benchmark"``
    :param group: entry-point group of plug-ins
    :param built_in: by name ``"module:attribute"``, or the object itself
    :param extras: the extra of synebench that a name needs, where it needs one
    """

    def __init__(
        self, kind: str, group: str, built_in: Mapping[str, Any], extras: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.group = group
        self.extras = dict(extras or {})
        self._built_in = dict(built_in)

    def __getitem__(self, name: str) -> Any:
        if name in self._built_in:
            built_in = self._built_in[name]
            if not isinstance(built_in, str):
                return built_in
            module, _, attribute = built_in.partition(":")
            return getattr(import_module(module), attribute)
        plug_in = self._plug_ins().get(name)
        if plug_in is None:
            raise UnknownNameError(self.kind, name, self)
        return plug_in.load()

    def __iter__(self) -> Iterator[str]:
        yield from self._built_in
        yield from (name for name in self._plug_ins() if name not in self._built_in)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def unasked(self) -> list[str]:
        """What "all" means where nobody names anything: all that needs no extra."""
        return [name for name in self if name not in self.extras]

    def loaded(self) -> dict[str, Any]:
        """All objects that can be imported; a broken plug-in is warned of and left out."""
        found: dict[str, Any] = {}
        for name in self:
            try:
                found[name] = self[name]
            except Exception as error:
                if name in self._built_in:
                    raise
                import logging

                text = "%s '%s' cannot be loaded and is skipped: %r"
                logging.getLogger(__name__).warning(text, self.kind, name, error)
        return found

    def _plug_ins(self) -> dict[str, EntryPoint]:
        from importlib.metadata import entry_points  # as much to import as all definitions together

        return {point.name: point for point in entry_points(group=self.group)}
