"""What knows AWS: sessions, bundles, runner, images, prices, quotas, job requests, reports."""
