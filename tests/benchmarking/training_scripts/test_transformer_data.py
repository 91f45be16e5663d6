"""Arguments, data files, splits and metrics of the transformer scripts: needs no torch."""

from __future__ import annotations

import hashlib
import importlib
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from tiny_transformers import GLUE, glue_rows, swag_rows, write_glue, write_imdb, write_swag

from syne_core.config_space import Domain

SCRIPTS = Path(__file__).parents[3] / "benchmarking" / "training_scripts"
FOLDERS = ("distilbert_imdb", "finetune_transformer_glue", "finetune_transformer_swag")
SHARED = ("fine_tuning", "hugging_face", "tuning_arguments", "tuning_checkpoint")
MODULES = (*SHARED, "arguments", "glue_data", "glue_metrics", "imdb_data", "swag_data")
VARIABLES = (
    "HF_HUB_DISABLE_TELEMETRY",
    "HF_HUB_DISABLE_PROGRESS_BARS",
    "TOKENIZERS_PARALLELISM",
    "JE_ARROW_MALLOC_CONF",
)
TASKS = sorted(GLUE)


@pytest.fixture
def modules(monkeypatch):
    """Imports modules of a script's folder; they are gone from ``sys.modules`` afterwards."""

    def load(folder, name):
        monkeypatch.syspath_prepend(str(SCRIPTS / folder))
        for variable in VARIABLES:  # hugging_face sets them
            monkeypatch.setenv(variable, "1")
        for module in MODULES:
            monkeypatch.delitem(sys.modules, module, raising=False)
        return importlib.import_module(name)

    yield load
    for module in MODULES:
        sys.modules.pop(module, None)


@pytest.fixture
def glue(modules):
    return modules("finetune_transformer_glue", "glue_data")


@pytest.fixture
def swag(modules):
    return modules("finetune_transformer_swag", "swag_data")


@pytest.fixture
def imdb(modules):
    return modules("distilbert_imdb", "imdb_data")


@pytest.mark.parametrize("name", SHARED)
def test_copies_of_a_module_are_equal(name):
    """Each folder stands alone, so they have copies; what is mended in one is mended in all."""
    contents = {(SCRIPTS / folder / f"{name}.py").read_text() for folder in FOLDERS}
    assert len(contents) == 1


# -- arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_entry_of_the_space_is_a_flag_of_the_script(modules, folder):
    from benchmarking.commons.benchmark_definitions import BENCHMARKS

    names = [name for name in BENCHMARKS if name.startswith(folder)]
    rng = np.random.default_rng(0)
    parse = modules(folder, "arguments").parse_arguments
    for name in names:
        space = BENCHMARKS[name]().config_space
        values = {n: v.sample(random_state=rng) if isinstance(v, Domain) else v for n, v in space.items()}
        words = [word for n, value in values.items() for word in (f"--{n}", str(value))]
        args = parse([*words, "--st_checkpoint_dir", "somewhere"])
        assert {n: vars(args)[n] for n in values} == values
        assert set(space) <= set(vars(args))
        assert isinstance(args.st_checkpoint_dir, Path)
    assert names


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize(
    "words",
    [
        ["--learning_rat", "0.1"],
        ["--learning", "0.1"],
        ["--warmup_ratio", "1.5"],
        ["--adam_beta1", "1"],
        ["--per_device_train_batch_size", "0"],
        ["--learning_rate", "nan"],
        ["--precision", "half"],
    ],
)
def test_a_wrong_flag_or_value_is_a_usage_error(modules, folder, words, capsys):
    with pytest.raises(SystemExit) as ended:
        modules(folder, "arguments").parse_arguments(words)
    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err


# -- GLUE -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "glue"])
@pytest.mark.parametrize("task", TASKS)
def test_official_files_of_glue_are_read(glue, awkward_path, task, inside):
    write_glue(awkward_path / inside, task, n=9)
    examples = glue.load_examples(task, awkward_path, download=False)
    rows = glue_rows(task, 9)
    assert examples.texts == [list(column) for column in list(zip(*rows, strict=True))[: len(examples.texts)]]
    assert len(examples.texts) == (1 if task in ("cola", "sst2") else 2)
    expected = [float(row[2]) if task == "stsb" else GLUE[task][3].index(row[2]) for row in rows]
    assert examples.labels.tolist() == expected
    assert examples.labels.dtype == (np.float32 if task == "stsb" else np.int64)


def test_lines_that_are_cut_short_or_have_no_label_are_left_out(glue, tmp_path, capsys):
    path = write_glue(tmp_path, "mnli", n=6)
    path.write_text(path.read_text() + "9\tx\ta\tb\tx\t-\n" + "10\tx\ta\n")
    assert len(glue.load_examples("mnli", tmp_path, download=False)) == 6
    assert "2 lines are not whole and left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no column 'sentence1'"),
        ("sentence1\tsentence2\tlabel\n", "holds no examples"),
        ("sentence1\tsentence2\tlabel\na\tb\tmaybe\n", "a label is not entailment or not_entailment"),
        (
            "sentence1\tlabel\na\tentailment\n",
            "no column 'sentence2'; its first line names: sentence1, label",
        ),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_damaged_file_of_glue_is_named(glue, tmp_path, content, message):
    (tmp_path / "RTE").mkdir()
    path = tmp_path / "RTE" / "train.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(glue.DataError, match=message) as caught:
        glue.load_examples("rte", tmp_path, download=False)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("fraction", "n_train"), [(0.7, 7), (0.55, 6), (0.1, 1)])
def test_every_example_trains_or_validates(glue, fraction, n_train):
    examples = glue.Examples([[f"t{i}" for i in range(10)]], np.arange(10))
    train, valid = glue.split(examples, fraction)
    assert (len(train), len(valid)) == (n_train, 10 - n_train)
    assert sorted([*train.labels, *valid.labels]) == list(range(10))
    for part in (train, valid):
        assert part.texts == [[f"t{i}" for i in part.labels]]
    assert glue.split(examples, fraction)[0].labels.tolist() == train.labels.tolist()


def test_too_few_examples_cannot_be_split(glue):
    with pytest.raises(glue.DataError, match=r"1 examples cannot be split: 0\.7"):
        glue.split(glue.Examples([["a"]], np.zeros(1)), 0.7)


def test_metrics_of_glue_are_those_of_the_definitions(modules):
    from benchmarking.commons.benchmark_definitions.finetune_transformer_glue import TASK_METRICS

    assert modules("finetune_transformer_glue", "glue_metrics").METRICS == TASK_METRICS


def test_metrics_agree_with_their_definitions(modules):
    measure = modules("finetune_transformer_glue", "glue_metrics").measure
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 40)
    logits = rng.normal(size=(40, 2)) + 0.8 * np.eye(2)[labels]
    predicted = logits.argmax(1)
    tp, fp = ((predicted == 1) & (labels == 1)).sum(), ((predicted == 1) & (labels == 0)).sum()
    fn, tn = ((predicted == 0) & (labels == 1)).sum(), ((predicted == 0) & (labels == 0)).sum()
    assert measure("rte", logits, labels) == pytest.approx((tp + tn) / 40)
    assert measure("qqp", logits, labels) == pytest.approx(2 * tp / (2 * tp + fp + fn))
    matthews = (tp * tn - fp * fn) / np.sqrt(float((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
    assert measure("cola", logits, labels) == pytest.approx(matthews)
    scores = np.array([0.0, 1.0, 1.0, 3.0, 5.0], np.float32)
    assert measure("stsb", np.exp(scores)[:, None], scores) == pytest.approx(1)
    assert measure("stsb", -scores[:, None], scores) == pytest.approx(-1)


@pytest.mark.parametrize("task", ["cola", "mrpc", "stsb", "rte"])
def test_metrics_of_a_model_that_always_says_the_same_are_numbers(modules, task):
    """NaN would mean that training diverged."""
    measure = modules("finetune_transformer_glue", "glue_metrics").measure
    columns = 1 if task == "stsb" else 2
    assert measure(task, np.zeros((6, columns), np.float32), np.array([0, 1, 0, 1, 1, 1])) <= 0.5


# -- SWAG -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "swag"])
def test_the_authors_files_of_swag_are_read(swag, awkward_path, inside):
    write_swag(awkward_path / inside, n_train=5, n_valid=3)
    assert len(swag.load_questions("validation", awkward_path, download=False)) == 3
    questions = swag.load_questions("train", awkward_path, download=False)
    rows = swag_rows(5)
    assert questions.labels == [row["label"] for row in rows]
    assert questions.contexts == ["The sun, here."] * 5
    assert questions.endings[2] == [f"the {rows[2][f'ending{i}']}" for i in range(4)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("ending2", "x"), "no column 'ending2'"),
        (lambda text: text.splitlines()[0], "no column|no questions"),
        (lambda text: text.rstrip()[:-1] + "7\n", "a label is '7'; labels are 0 to 3"),
        (lambda text: text + "9,v,9\n", "question 4 is cut short"),
    ],
)
def test_a_damaged_file_of_swag_is_named(swag, tmp_path, change, message):
    write_swag(tmp_path, n_train=3)
    path = tmp_path / "train.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(swag.DataError, match=message) as caught:
        swag.load_questions("train", tmp_path, download=False)
    assert str(path) in str(caught.value)


# -- IMDB -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", ["", "imdb"])
def test_the_authors_folder_of_imdb_is_read(imdb, awkward_path, inside):
    write_imdb(awkward_path / inside, n=10)
    texts, labels = imdb.load_reviews(awkward_path, download=False)
    assert len(texts) == 10
    assert labels.tolist() == [0] * 5 + [1] * 5
    assert all(("bad" in text.split()) == (label == 0) for text, label in zip(texts, labels, strict=True))
    train, valid = imdb.split(texts, labels)
    assert (len(train[0]), len(valid[0])) == (8, 2)
    assert sorted([*train[0], *valid[0]]) == sorted(texts)
    for part in (train, valid):
        assert all(("good" in text.split()) == (label == 1) for text, label in zip(*part, strict=True))


def test_a_class_without_reviews_is_named(imdb, tmp_path):
    (tmp_path / "aclImdb" / "train" / "neg").mkdir(parents=True)
    with pytest.raises(imdb.DataError, match="neg holds no reviews"):
        imdb.load_reviews(tmp_path, download=False)


# -- the hub --------------------------------------------------------------------------------------


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """In place of the hub's library: a cache with one file, called by its SHA-256 sum as there."""
    content = b"rows"
    cached = tmp_path / "cache" / hashlib.sha256(content).hexdigest()
    cached.parent.mkdir()
    cached.write_bytes(content)
    calls = []

    def hf_hub_download(repository, name, repo_type, local_files_only):
        calls.append((repository, name, repo_type, local_files_only))
        if not cached.exists():
            raise OSError("the hub is not there.\nA page about it follows.")
        return str(cached)

    monkeypatch.setitem(
        sys.modules, "huggingface_hub", types.SimpleNamespace(hf_hub_download=hf_hub_download)
    )
    return types.SimpleNamespace(cached=cached, calls=calls)


def test_what_is_not_there_is_fetched_once(modules, hub, tmp_path, capsys):
    fetch = modules("finetune_transformer_glue", "hugging_face").fetch
    target = tmp_path / "new" / "rte" / "train.parquet"
    for _ in range(2):
        fetch("nyu-mll/glue", "rte/train.parquet", target)
        assert target.read_bytes() == b"rows"
    assert hub.calls == [("nyu-mll/glue", "rte/train.parquet", "dataset", False)]
    assert capsys.readouterr().err.count("fetching") == 1


def test_a_file_that_is_not_what_the_hub_says_is_thrown_away(modules, hub, tmp_path):
    module = modules("finetune_transformer_glue", "hugging_face")
    hub.cached.write_bytes(b"other rows")
    with pytest.raises(module.DataError, match="SHA-256"):
        module.fetch("r", "f.parquet", tmp_path / "f.parquet")
    assert not list(tmp_path.glob("f.parquet*"))


def test_what_cannot_be_fetched_is_named_in_one_line(glue, hub, tmp_path):
    hub.cached.unlink()
    with pytest.raises(glue.DataError) as caught:
        glue.load_examples("rte", tmp_path / "data", download=False)
    target = tmp_path / "data" / "glue" / "rte" / "train-00000-of-00001.parquet"
    assert str(caught.value) == (
        "https://huggingface.co/datasets/nyu-mll/glue/resolve/main/rte/train-00000-of-00001.parquet "
        f"could not be downloaded: the hub is not there. A page about it follows. Put it at {target}."
    )
    assert hub.calls[0][-1] is True, "--download 0: the hub's cache only"
