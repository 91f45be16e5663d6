"""Models and data files of the Hugging Face hub: taken from a folder where they are, else fetched once.

Nothing is asked of the hub while everything is on disk. ``$HF_HUB_OFFLINE=1`` and ``--download 0`` forbid it.
Models that are fetched stay in the hub's own cache (``$HF_HOME``), whose locks let trials start together.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import textwrap
from pathlib import Path

# Read when the libraries are imported, so before that.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # trials beside this one have the other cores
# With a thread of its own in the background, a process cannot be forked: trials would have no warm start.
os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")


class DataError(Exception):
    """Data or model are missing or damaged; the message says which file, and what to do."""


def fetch(repository, name, path, download=True):
    """See that ``path`` exists: if it does not, fetch the file ``name`` of a data set of the hub.

    Trials that start together wait for the first of them. The file appears whole or not at all, after a
    check of the SHA-256 sum by which the hub knows it.

    :param download: False: look into the cache of the hub's own library only
    :raises DataError: it cannot be had
    """
    if path.is_file():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path):
            if not path.is_file():
                _fetch(repository, name, path, download)
    except Exception as error:  # of several libraries, whose exceptions change with their versions
        address = f"https://huggingface.co/datasets/{repository}/resolve/main/{name}"
        raise DataError(f"{address} could not be downloaded: {in_short(error)} Put it at {path}.") from error


def load_pretrained(auto_class, name, dataset_path, download=True, **settings):
    """Tokenizer and model, in float32, of a folder or of the hub.

    :param auto_class: such as ``AutoModelForSequenceClassification``
    :param name: a folder; or a name of the hub, looked for below ``{dataset_path}/models`` first
    :param settings: what its configuration is to be, beside what it says itself
    :raises DataError: there is no such model, or it cannot be had
    """
    import transformers

    transformers.logging.set_verbosity_error()
    beside_data = Path(dataset_path).expanduser() / "models" / name
    folders = (Path(name).expanduser(), beside_data)
    folder = next((folder for folder in folders if (folder / "config.json").is_file()), None)
    source, local = str(folder or name), {"local_files_only": not download}
    try:
        config = transformers.AutoConfig.from_pretrained(source, **local, **settings)
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, **local)
        model = auto_class.from_pretrained(source, config=config, **local)
    except Exception as error:  # as above
        if folder:
            raise DataError(f"the model in {folder} cannot be loaded: {in_short(error)}") from error
        raise DataError(
            f"model '{name}' is no folder, and could not be had from the hub: {in_short(error)} "
            f"Put its config.json, weights and tokenizer files into {beside_data}."
        ) from error
    return tokenizer, model.float()


@contextlib.contextmanager
def locked(path):
    """One process at a time, for each ``path``. The system releases the lock if its holder dies."""
    with open(path.with_name(f".{path.name}.lock"), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process that makes {path}", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def in_short(error):
    """What an error says, as a sentence; some go on for a page."""
    text = textwrap.shorten(str(error), 250, placeholder=" ...") or type(error).__name__
    return text if text.endswith(".") else f"{text}."


def _fetch(repository, name, path, download):
    from huggingface_hub import hf_hub_download

    print(f"fetching {name} of {repository} to {path}", file=sys.stderr, flush=True)
    cached = Path(
        hf_hub_download(repository, name, repo_type="dataset", local_files_only=not download)
    ).resolve()
    unfinished = path.with_name(f"{path.name}.part")
    try:
        shutil.copyfile(cached, unfinished)
        _check(unfinished, cached.name)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _check(path, etag):
    """The hub names large files by their SHA-256 sum, small ones by git's; those are checked by size only."""
    if len(etag) != 64:
        return
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256") if sys.version_info >= (3, 11) else None
        digest = digest or hashlib.sha256(file.read())
    if digest.hexdigest() != etag:
        raise OSError(f"its SHA-256 sum is {digest.hexdigest()}, expected {etag}")
