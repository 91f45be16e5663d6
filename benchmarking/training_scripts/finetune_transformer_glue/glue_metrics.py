"""What each task of GLUE is judged by (Wang et al. 2019), as Hugging Face calls it."""

import warnings

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
    from sklearn.metrics import f1_score, matthews_corrcoef

    if metric == "f1":
        return float(f1_score(labels, predicted, zero_division=0.0))
    return float(matthews_corrcoef(labels, predicted))


def _rank_correlation(predicted, labels):
    from scipy.stats import spearmanr

    if len(set(predicted.tolist())) < 2 or len(set(labels.tolist())) < 2:
        return 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nearly constant input
        return float(spearmanr(predicted, labels).statistic)
