"""Settings turned into the resources of one platform: aws, gcp or apprunner."""
