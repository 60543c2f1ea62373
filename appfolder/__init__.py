"""The folder of a web app, which app.toml names: its requirements, its environment, what of it goes into an image."""
