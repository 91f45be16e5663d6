"""The transformer scripts on files of the Hugging Face hub: on disk, or fetched from a hub of our own."""

from __future__ import annotations

import hashlib
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tiny_transformers import (
    ARCHITECTURES,
    GLUE,
    glue_rows,
    swag_rows,
    write_glue,
    write_imdb,
    write_model,
    write_swag,
)
from transformer_runs import Runs, measured, script_environment

pytestmark = pytest.mark.long
torch = pytest.importorskip("torch", reason="the transformer scripts need torch")
pytest.importorskip("transformers", reason="the transformer scripts need transformers")
pytest.importorskip("datasets", reason="the transformer scripts need datasets")

TEXTS = {
    "mnli": ("premise", "hypothesis"),
    "qnli": ("question", "sentence"),
    "qqp": ("question1", "question2"),
}
BASE = ("--use_cuda", 0, "--learning_rate", 0.01)


def write_parquet(path: Path, columns: dict[str, list]) -> Path:
    from pyarrow import parquet, table

    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table(columns), path)
    return path


def glue_parquet(folder: Path, task: str, n: int = 48) -> Path:
    """The file of the hub with the same examples as the official one that ``write_glue`` makes."""
    first, second, names = zip(*glue_rows(task, n), strict=True)
    labels = [float(name) if task == "stsb" else GLUE[task][3].index(name) for name in names]
    if task in ("cola", "sst2"):
        columns = {"sentence": list(first)}
    else:
        one, two = TEXTS.get(task, ("sentence1", "sentence2"))
        columns = {one: list(first), two: list(second)}
    columns.update(label=labels, idx=list(range(n)))
    return write_parquet(folder / task / "train-00000-of-00001.parquet", columns)


# -- files on disk --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def glue(tmp_path_factory):
    """Outcomes on all tasks, from both formats, and of all kinds of models."""
    folder = tmp_path_factory.mktemp("glue")
    runs = Runs("finetune_transformer_glue", folder)
    for architecture in ARCHITECTURES:
        write_model(folder / "models" / architecture, architecture)
    for task in GLUE:
        write_glue(folder / "official", task)
        glue_parquet(folder / "hub" / "glue", task)
        for form in ("official", "hub"):
            data = ("--dataset_path", folder / form, "--model_name_or_path", folder / "models" / "bert")
            runs.add(f"{task} {form}", *data, "--task_name", task, *BASE, "--num_train_epochs", 2)
    short = ("--dataset_path", folder / "hub", *BASE, "--num_train_epochs", 2)
    for architecture in ARCHITECTURES:
        runs.add(architecture, *short, "--model_name_or_path", folder / "models" / architecture)
    (folder / "torn" / "rte").mkdir(parents=True)
    (folder / "torn" / "rte" / "train-00000-of-00001.parquet").write_bytes(b"PAR1")
    runs.add("torn", "--dataset_path", folder / "torn")
    (folder / "half" / "models" / "half").mkdir(parents=True)
    (folder / "half" / "models" / "half" / "config.json").write_text("{}")
    glue_parquet(folder / "half", "rte")
    runs.add("half a model", "--dataset_path", folder / "half", "--model_name_or_path", "half")
    return runs.outcomes()


@pytest.mark.parametrize("task", GLUE)
def test_all_tasks_of_glue_train_and_both_formats_mean_the_same(glue, task):
    metrics = {"cola": "matthews_correlation", "mrpc": "f1", "qqp": "f1", "stsb": "spearmanr"}
    official, hub = (glue[f"{task} {form}"] for form in ("official", "hub"))
    assert (official.code, official.err) == (0, "")
    assert [report["epoch"] for report in official.reports] == [1, 2]
    for report in official.reports:
        assert -1 <= report[f"eval_{metrics.get(task, 'accuracy')}"] <= 1
    assert measured(hub.reports) == measured(official.reports)


def test_models_of_all_kinds_to_choose_from_are_fine_tuned(glue):
    losses = {glue[architecture].reports[1]["train_loss"] for architecture in ARCHITECTURES}
    assert len(losses) == len(ARCHITECTURES)
    assert {glue[architecture].code for architecture in ARCHITECTURES} == {0}


def test_damaged_files_are_named_in_one_line(glue):
    for run, part in (
        ("torn", "train-00000-of-00001.parquet cannot be read"),
        ("half a model", "models/half cannot"),
    ):
        assert glue[run].code.startswith("error: ")
        assert part in glue[run].code
        assert "\n" not in glue[run].code


@pytest.mark.parametrize("name", ["finetune_transformer_swag", "distilbert_imdb"])
def test_both_formats_of_swag_and_imdb_mean_the_same(name, tmp_path):
    official, hub = tmp_path / "official", tmp_path / "hub"
    if name == "finetune_transformer_swag":
        write_swag(official)
        for seed, (part, n) in enumerate({"train": 24, "validation": 12}.items()):
            rows = swag_rows(n, seed)
            columns = {column: [row[column] for row in rows] for column in rows[0] if column}
            write_parquet(hub / "swag" / "regular" / f"{part}-00000-of-00001.parquet", columns)
    else:
        write_imdb(official)
        paths = sorted((official / "aclImdb" / "train").rglob("*.txt"), key=lambda p: (p.parent.name, p.name))
        columns = {
            "text": [path.read_text() for path in paths],
            "label": [int(path.parent.name == "pos") for path in paths],
        }
        write_parquet(hub / "imdb" / "plain_text" / "train-00000-of-00001.parquet", columns)
    model = write_model(tmp_path / "model", "bert")
    runs = Runs(name, tmp_path)
    for folder in (official, hub):
        runs.add(folder.name, "--dataset_path", folder, "--model_name_or_path", model, *BASE, "--epochs", 2)
    outcomes = runs.outcomes()
    assert {outcome.code for outcome in outcomes.values()} == {0}
    assert measured(outcomes["hub"].reports) == measured(outcomes["official"].reports)


# -- a hub of our own -----------------------------------------------------------------------------


class Hub(http.server.ThreadingHTTPServer):
    """Answers as huggingface.co does for ``files``, by path; counts what is asked of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.wrong_sum = False
        self.requests: list[tuple[str, str]] = []
        self.agents: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def add_model(self, name: str, folder: Path) -> None:
        """All files of a model's folder."""
        for path in folder.iterdir():
            self.files[f"/{name}/resolve/main/{path.name}"] = path.read_bytes()

    def fetched(self) -> list[str]:
        """Which files were fetched, in order of their names."""
        paths = [path for verb, path in self.requests if verb == "GET" and "/resolve/" in path]
        return sorted(path.rpartition("/")[2] for path in paths)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_content=False)

    def do_GET(self) -> None:
        self._answer(with_content=True)

    def _answer(self, with_content: bool) -> None:
        path = self.path.partition("?")[0].replace(COMMIT, "main")
        self.server.requests.append((self.command, path))
        self.server.agents.append(self.headers.get("User-Agent", ""))
        content = self.server.files.get(path)
        self.send_response(404 if content is None else 200)
        self.send_header("X-Repo-Commit", COMMIT)
        if content is None:
            content = b"{}"
            self.send_header("X-Error-Code", "EntryNotFound")
        else:
            digest = hashlib.sha256(content + b"x" * self.server.wrong_sum).hexdigest()
            self.send_header("ETag", f'"{digest}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_content:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path):
    with Hub() as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        hub.add_model("someone/tiny", write_model(tmp_path / "on the hub" / "tiny", "bert"))
        path = glue_parquet(tmp_path / "on the hub", "rte")
        hub.files[f"/datasets/nyu-mll/glue/resolve/main/rte/{path.name}"] = path.read_bytes()
        yield hub
        hub.shutdown()
        thread.join()


WANTED = ("--model_name_or_path", "someone/tiny", "--num_train_epochs", 1, *BASE)


def test_trials_that_start_together_fetch_once_and_later_ones_ask_for_nothing(hub, tmp_path):
    folder = tmp_path / "trials"
    folder.mkdir()
    script = "finetune_transformer_glue"
    environment = {**script_environment(script, folder), "HF_ENDPOINT": hub.url}
    command = [sys.executable, "-m", script, *map(str, ("--dataset_path", tmp_path / "cache", *WANTED))]
    processes = [
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    ends = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ends
    assert sum(err.count("fetching ") for _, err in ends) == 1
    fetched = hub.fetched()
    assert fetched.count("train-00000-of-00001.parquet") == 1
    assert fetched.count("model.safetensors") == 1
    assert len(fetched) == len(set(fetched)), fetched
    assert not any("telemetry" in path for _, path in hub.requests)
    telling = [agent for agent in hub.agents if "session_id" in agent]
    assert telling
    assert all("telemetry/off" in agent for agent in telling)

    hub.requests.clear()
    offline = Runs(script, folder)
    model = tmp_path / "on the hub" / "tiny"
    local = [*WANTED, "--dataset_path", tmp_path / "cache", "--model_name_or_path", model]
    offline.add("local", *local)
    assert offline.outcomes(HF_ENDPOINT=hub.url)["local"].code == 0
    assert hub.requests == [], "all is on disk: the hub is not asked"
    offline.add("cached", "--dataset_path", tmp_path / "cache", *WANTED, "--download", 0)
    assert {outcome.code for outcome in offline.outcomes(HF_ENDPOINT=hub.url).values()} == {0}
    assert hub.requests == [], "--download 0: what was fetched before is enough"
    runs = Runs(script, folder)
    runs.add("offline", "--dataset_path", tmp_path / "cache", *WANTED)
    assert runs.outcomes(HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="1")["offline"].code == 0
    assert hub.requests == [], "so it is with HF_HUB_OFFLINE"


def test_data_that_are_not_what_the_hub_announced_are_refused(hub, tmp_path):
    hub.wrong_sum = True
    runs = Runs("finetune_transformer_glue", tmp_path)
    runs.add("wrong", "--dataset_path", tmp_path / "cache", *WANTED)
    message = runs.outcomes(HF_ENDPOINT=hub.url)["wrong"].code
    assert "SHA-256" in message, json.dumps(message)
    assert not list((tmp_path / "cache").rglob("train-*"))
