"""What each task of GLUE is judged by (Wang et al. 2019), as Hugging Face calls it."""

import numpy as np

METRICS = {
    "cola": "matthews_correlation",
    "mnli": "accuracy",
    "mrpc": "f1",
    "qnli": "accuracy",
    "qqp": "f1",
    "rte": "accuracy",
    "sst2": "accuracy",
    "stsb": "spearmanr",
    "wnli": "accuracy",
}


def measure(task, logits, labels):
    """The metric of ``task``; 0 where it is not defined, because all predictions are the same.

    :param logits: array (examples, classes), or (examples, 1) for the scores of ``stsb``
    :param labels: array (examples,)
    """
    metric = METRICS[task]
    if metric == "spearmanr":
        return _rank_correlation(logits[:, 0], labels)
    predicted = logits.argmax(axis=1)
    if metric == "accuracy":
        return float((predicted == labels).mean())
    # wrong_1: how many are predicted to be 1, wrongly
    (right_0, wrong_1), (wrong_0, right_1) = np.bincount(2 * labels + predicted, minlength=4).reshape(2, 2)
    if metric == "f1":
        return _ratio(2 * right_1, 2 * right_1 + wrong_0 + wrong_1)
    sides = (right_1 + wrong_1, right_1 + wrong_0, right_0 + wrong_1, right_0 + wrong_0)
    return _ratio(right_1 * right_0 - wrong_1 * wrong_0, np.sqrt(np.prod(np.array(sides, float))))


def _rank_correlation(predicted, labels):
    from scipy.stats import rankdata

    ranks = [rankdata(values) - (len(values) + 1) / 2 for values in (predicted, labels)]
    return _ratio(ranks[0] @ ranks[1], np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))


def _ratio(above, below):
    return float(above / below) if below else 0.0
