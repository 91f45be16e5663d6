"""Questions with several answers as tensors: each answer is a text pair of its own."""

import itertools

from datasets import Dataset


def encode(questions, tokenizer, max_length):
    """The questions as numbers of tokens: columns of lists, one for each answer."""
    n = len(questions.endings[0])
    contexts = [context for context in questions.contexts for _ in range(n)]
    tokens = tokenizer(
        contexts,
        list(itertools.chain.from_iterable(questions.endings)),
        truncation=True,
        max_length=min(max_length, tokenizer.model_max_length),
    )
    columns = {name: [flat[i : i + n] for i in range(0, len(flat), n)] for name, flat in tokens.items()}
    return Dataset.from_dict({**columns, "labels": questions.labels})


class ChoiceCollator:
    """Makes a batch, texts padded to the longest: tensors of (questions, answers, tokens), and labels."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer

    def __call__(self, questions):
        labels = [question["labels"] for question in questions]
        names = [name for name in questions[0] if name != "labels"]
        n = len(questions[0][names[0]])
        answers = [{name: q[name][i] for name in names} for q in questions for i in range(n)]
        padded = self.tokenizer.pad(answers, return_tensors="pt")
        batch = {name: values.view(len(questions), n, -1) for name, values in padded.items()}
        return {**batch, "labels": padded["input_ids"].new_tensor(labels)}
