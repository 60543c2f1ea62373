"""Settings turned into the resources of one platform: aws, gcp, apprunner or ecs.

Annotations have the names of a cloud's classes in quotes: its SDK loads each of its parts when one is asked for.
"""
