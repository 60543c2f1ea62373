"""An app to what of it would not work where: it is started as the platforms start it, and asked."""
