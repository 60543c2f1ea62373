"""A client's bytes into a request, a request through a proxy, and an answer back: what every front end is made of."""
