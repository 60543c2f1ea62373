"""Routes of the package's app."""

from tests.serve.starts.routes_by_import import app


@app.get("/there")
def there():
    return "there"
