"""What a model is called: source 004 makes the name, ``foo/model``, of the path of the script."""

from __future__ import annotations

import re
from pathlib import Path

from syne_core.errors import UsageError

__all__ = ["image_tag", "tag_of_text"]

# Names of repositories: lower-case letters and digits, parts separated by single . _ - or by /.
_ODD = re.compile(r"[^a-z0-9._/-]+")
_DOUBLED = re.compile(r"[._-]{2,}")
_LONGEST = 200


def image_tag(script: Path) -> str:
    """``.../foo/model.py`` is ``foo/model``.

    :raises UsageError: no letter or digit is left of the name
    """
    path = Path(script).absolute()
    folder = path.parent.name
    return tag_of_text(f"{folder}/{path.stem}" if folder else path.stem)


def tag_of_text(text: str) -> str:
    """``text`` as a tag: what registries do not allow becomes ``-``, so that both spellings mean the same.

    :raises UsageError: no letter or digit is left of it
    """
    cleaned = _DOUBLED.sub("-", _ODD.sub("-", text.lower()))
    parts = [part.strip("._-") for part in cleaned.split("/")]
    tag = "/".join(filter(None, parts))[:_LONGEST].rstrip("._-/")
    if not tag:
        raise UsageError(f"'{text}' has no letter or digit to make a name of")
    return tag
