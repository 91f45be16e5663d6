from benchmarking.commons.plot_results import main

if __name__ == "__main__":
    main()
