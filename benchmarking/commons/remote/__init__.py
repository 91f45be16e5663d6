"""Studies whose experiments are SageMaker jobs: plan, launch, watch, collect."""
