"""The parts of every front end: they read requests from clients, pass them to an instance, and send answers back."""
