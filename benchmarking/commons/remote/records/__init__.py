"""What a study leaves on S3, and where that is: manifest, markers, the driver and its lock."""
