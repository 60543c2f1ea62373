"""Settings turned into the resources of one platform: aws, gcp, apprunner or ecs."""
