"""Makes jobs as there is room, and watches them; only ``sagemaker_jobs`` knows AWS."""
