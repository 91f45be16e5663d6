"""Whole studies as SageMaker jobs: planned, launched, followed and collected. What lies where:

``planning``  what happens to each experiment, what it occupies and costs; the plan as printed
``jobs``      from a plan to jobs: command lines, bundles, what each is told
``queue``     makes jobs as there is room, and watches them (tested with a made-up service and clock)
``records``   what a study leaves on S3: manifest, state of each experiment, who launches now
``in_job``    what runs inside a job
``viewing``   how a study stands, what an account pays for now, logs
``pulling``   results, brought here

``launching`` goes through a launch step by step, ``launch_text`` is what a person sees of it;
``stopping``, ``removing`` and ``starting_over`` end or undo one.
"""
