"""The parts that the three stacks on AWS share: the registry, rights, secrets, alarms and zones."""
