"""What runs inside a job: the experiment's launcher, its progress, the logs of its trials."""
