"""Real instances of the app, as processes or containers: starts them, waits for them, checks, shares and ends them."""
