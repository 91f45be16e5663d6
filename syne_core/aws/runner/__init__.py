"""The program that runs in the container of a training job: ``runner.pyz``.

Standard library only, parses and runs as Python 3.8: containers may be old. It is started as
``python3 /opt/ml/input/data/code/runner.pyz`` and does what the job document in ``SYNEBENCH_JOB`` says.
``job_document.py`` describes that document, ``report_objects.py`` what the program sends to S3.
"""
