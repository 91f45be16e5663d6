from benchmarking.commons.default_baselines import ASHA, MOBSTER, BayesianOptimization, RandomSearch

methods = {
    "RS": lambda method_arguments: RandomSearch(method_arguments),
    "BO": lambda method_arguments: BayesianOptimization(method_arguments),
    "ASHA": lambda method_arguments: ASHA(method_arguments, type="promotion"),
    "MOBSTER": lambda method_arguments: MOBSTER(method_arguments, type="promotion"),
}
