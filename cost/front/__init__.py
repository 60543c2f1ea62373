"""What it costs to wait less: of all deployments that a stack can make, those that no other beats in bill and wait."""
