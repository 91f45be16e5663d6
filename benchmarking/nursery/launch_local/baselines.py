from benchmarking.commons.default_baselines import ASHA, RandomSearch

methods = {
    "RS": lambda method_arguments: RandomSearch(method_arguments),
    "ASHA": lambda method_arguments: ASHA(method_arguments, type="promotion"),
}
