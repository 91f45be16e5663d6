"""SageMaker training on one machine."""
