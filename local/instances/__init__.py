"""Real instances of the app: started, waited for, checked, shared out and ended, as processes or containers."""
