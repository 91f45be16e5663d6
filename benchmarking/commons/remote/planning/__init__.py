"""What a remote study would do, occupy and cost; only ``account_plan`` asks the account."""
