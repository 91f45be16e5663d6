"""Whole studies as SageMaker jobs: planned, launched, followed and collected. What lies where:

*What is to be done* (nobody is asked): ``remote_plan`` what happens to each experiment; ``footprint`` what
it occupies; ``cost_plan`` hours and USD; ``plan_text`` the plan as printed. ``account_plan`` asks the
account as well.

*From a plan to jobs*: ``launching`` goes through it step by step; ``job_words`` the command line in the job
and the files that travel; ``study_bundle`` the bundle; ``experiment_job`` the job of an experiment;
``experiment_document`` what it is told; ``job_plan`` all jobs of a plan; ``launch_text`` what a person
sees.

*The queue* (pure, over a service and a clock; tested with made-up ones): ``queue`` makes jobs as there is
room; ``queue_model`` what it talks about; ``queue_items`` its entries, and how a launch begins;
``queue_watch`` what became of jobs, by ``job_endings``; ``room`` quotas and caps; ``pacing`` how fast, how
patiently. ``sagemaker_jobs`` is the service on AWS.

*What a study leaves on S3*: ``manifest`` what it consists of; ``markers`` the state of each experiment;
``driver`` and ``driver_lock`` who launches now.

*Inside a job*: ``in_job``; ``job_progress`` what it says meanwhile; ``trial_uploads`` logs of its trials.

*Seen and collected from anywhere*: ``place`` a bucket and a session; ``remote_study`` a study there;
``jobs_in_progress`` jobs by their names; ``overview`` and ``overview_text`` how a study stands;
``everything_running`` and ``hourly_cost`` what an account pays for now; ``job_logs``; ``stopping``;
``removing``; ``pulling`` with ``pulled_files`` (what goes where), ``pulled_logs``, ``pull_record`` (what is
here already) and ``object_listing``.
"""
