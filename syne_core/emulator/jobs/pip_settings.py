"""pip's settings for jobs: the user's own, since packages come from where the user gets them.

Settings with a password never become variables of a job, which scripts print into logs; they go to a
file that only the user can read.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["has_password", "pip_variables"]

_FROM_PROXY = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")


def has_password(value: str) -> bool:
    """Whether a setting contains a URL with a user's name or password."""
    return re.search(r"://[^/\s]*@", value) is not None


def pip_variables(surrounding: Mapping[str, str], home: Path) -> dict[str, str]:
    """The variables by which pip in a job finds its settings and its cache.

    :param surrounding: variables of this process
    :param home: home folder of the job, where a file may be written
    """
    variables = {name: value for name, value in surrounding.items() if name.startswith("PIP_")}
    user = Path(surrounding.get("HOME") or Path.home())
    cache = Path(surrounding.get("XDG_CACHE_HOME") or user / ".cache") / "pip"
    if cache.is_dir():
        variables.setdefault("PIP_CACHE_DIR", str(cache))
    config = surrounding.get("PIP_CONFIG_FILE") or _config_of(user, surrounding)
    if config:
        variables["PIP_CONFIG_FILE"] = config
    secret = {name: value for name, value in variables.items() if has_password(value)}
    proxies = [value for name in _FROM_PROXY if has_password(value := surrounding.get(name, ""))]
    if proxies:
        secret.setdefault("PIP_PROXY", proxies[0])
    if not secret:
        return variables
    plain = {name: value for name, value in variables.items() if name not in secret}
    return {**plain, "PIP_CONFIG_FILE": _written(secret, config, home)}


def _config_of(user: Path, surrounding: Mapping[str, str]) -> str | None:
    config_home = Path(surrounding.get("XDG_CONFIG_HOME") or user / ".config")
    files = (config_home / "pip" / "pip.conf", user / ".pip" / "pip.conf")
    return next((str(file) for file in files if file.is_file()), None)


def _written(secret: Mapping[str, str], config: str | None, home: Path) -> str:
    """A file with what ``config`` says and the secret settings besides."""
    parser = configparser.RawConfigParser()
    if config and os.path.isfile(config):
        parser.read(config, encoding="utf-8")
    if not parser.has_section("global"):
        parser.add_section("global")
    for name, value in secret.items():
        parser.set("global", name.removeprefix("PIP_").lower().replace("_", "-"), value)
    path = home / "pip.conf"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        parser.write(file)
    return str(path)
