"""Data sets of a few sentences in their published formats, and transformers of a few thousand weights.

What is to be learnt is which of a few words a text holds. Nothing here needs torch but ``write_model``.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

WORDS = ["the", "a", "sun", "rain", "snow", "wind", "today", "here", "often", "film", "actor", "plot"]
TELLING = ("good", "bad", "dull")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

_PAIR = "index\tsentence1\tsentence2\t"
_ROW = "{i}\t{0}\t{1}\t{label}"
TWO = ("0", "1")
ENTAILMENT = ("entailment", "not_entailment")

#: By task of GLUE: folder of the official files, first line (None: there is none), form of a row, labels.
GLUE: dict[str, tuple[str, str | None, str, tuple[str, ...]]] = {
    "cola": ("CoLA", None, "x\t{label}\t\t{0}", TWO),
    "mnli": (
        "MNLI",
        "index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label",
        "{i}\tx\t{0}\t{1}\tx\t{label}",
        ("entailment", "neutral", "contradiction"),
    ),
    "mrpc": (
        "MRPC",
        "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String",
        "{label}\t1\t2\t{0}\t{1}",
        TWO,
    ),
    "qnli": ("QNLI", "index\tquestion\tsentence\tlabel", _ROW, ENTAILMENT),
    "qqp": (
        "QQP",
        "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
        "{i}\t1\t2\t{0}\t{1}\t{label}",
        TWO,
    ),
    "rte": ("RTE", f"{_PAIR}label", _ROW, ENTAILMENT),
    "sst2": ("SST-2", "sentence\tlabel", "{0}\t{label}", TWO),
    "stsb": ("STS-B", f"{_PAIR}score", _ROW, ("0.000", "2.5", "5.000")),
    "wnli": ("WNLI", f"{_PAIR}label", _ROW, TWO),
}


def sentence(rng: random.Random, kind: int) -> str:
    """A few words, one of which tells the kind."""
    words = [*rng.choices(WORDS, k=rng.randint(3, 6)), TELLING[kind]]
    rng.shuffle(words)
    return " ".join(words) + ' "'  # quotation marks mean nothing in these files


def glue_rows(task: str, n: int, seed: int = 0) -> list[tuple[str, str, str]]:
    """Two texts and the label as the official files write it, of which the first text tells."""
    labels = GLUE[task][3]
    rng = random.Random(seed)
    kinds = [i % len(labels) for i in range(n)]
    rng.shuffle(kinds)
    return [(sentence(rng, kind), " ".join(rng.choices(WORDS, k=3)), labels[kind]) for kind in kinds]


def write_glue(folder: Path, task: str, n: int = 48) -> Path:
    """The official file of ``task`` below ``folder``."""
    name, header, row, _ = GLUE[task]
    lines = [row.format(a, b, i=i, label=label) for i, (a, b, label) in enumerate(glue_rows(task, n))]
    path = folder / name / "train.tsv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([*([header] if header else []), *lines]) + "\n", encoding="utf-8", newline="")
    return path


def swag_rows(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Questions whose right answer has a word that the others lack."""
    rng = random.Random(seed)
    rows = []
    for i in range(n):
        endings = [sentence(rng, 1) for _ in range(4)]
        label = rng.randrange(4)
        endings[label] = sentence(rng, 0)
        row = {"": i, "video-id": f"v{i}", "fold-ind": i, "startphrase": "The sun, here. the"}
        row.update({"sent1": "The sun, here.", "sent2": "the", "gold-source": "gold"})
        rows.append({**row, **{f"ending{k}": ending for k, ending in enumerate(endings)}, "label": label})
    return rows


def write_swag(folder: Path, n_train: int = 24, n_valid: int = 12) -> Path:
    """The authors' two files."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, n) in enumerate({"train.csv": n_train, "val.csv": n_valid}.items()):
        rows = swag_rows(n, seed)
        with open(folder / name, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def write_imdb(folder: Path, n: int = 50) -> Path:
    """The authors' folder of reviews, half of them bad."""
    rng = random.Random(0)
    for kind, (name, stars) in enumerate({"pos": 9, "neg": 2}.items()):
        place = folder / "aclImdb" / "train" / name
        place.mkdir(parents=True)
        for i in range(n // 2):
            (place / f"{i}_{stars}.txt").write_text(f"{sentence(rng, kind)}<br />", encoding="utf-8")
    return folder


_BERT = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 64,
    "initializer_range": 0.2,
}
#: Settings of a tiny model by the type of its architecture.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "bert": _BERT,
    "roberta": {**_BERT, "pad_token_id": 0},
    "albert": {**_BERT, "embedding_size": 8, "num_hidden_groups": 1},
    "distilbert": {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 16, "initializer_range": 0.2},
    "xlnet": {"d_model": 16, "n_layer": 1, "n_head": 2, "d_inner": 16, "initializer_range": 0.2},
}


def write_model(folder: Path, architecture: str = "bert") -> Path:
    """Configuration, random weights and tokenizer, as a model of the hub has them."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    vocabulary = {word: i for i, word in enumerate([*SPECIAL, *WORDS, *TELLING, ".", ",", '"'])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    one, two = "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"
    tokenizer.post_processor = processors.TemplateProcessing(one, two, ends)
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if architecture == "bert" else [])]
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_input_names=names, mask_token="[MASK]", **special
    ).save_pretrained(folder)
    config = AutoConfig.for_model(architecture, vocab_size=len(vocabulary), **ARCHITECTURES[architecture])
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    return folder
