"""APP to an application: what it may be, and what is said when it names none."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.loader import load_app
from serve.settings import SettingError


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package with an application, a factory, and things that are neither."""
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "web.py").write_text(
        "def application(environ, start_response):\n    return []\n"
        "def create():\n    return application\n"
        "def empty():\n    return None\n"
        "def configured(config=None):\n    return application\n"
        "def nested():\n    return create\n"
        "class holder:\n    inner = staticmethod(application)\n"
        "number = 5\n"
    )
    (package / "broken.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield "shop"
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "spec",
    ["shop.web:application", "shop.web:create()", "shop.web:configured()", "shop.web:holder.inner"],
)
def test_an_application_or_a_factory_is_loaded(shop: str, spec: str) -> None:
    loaded = load_app(spec)

    assert loaded is sys.modules["shop.web"].application


def test_the_variable_app_is_the_default(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP", "shop.web:create()")
    loaded = load_app()

    assert loaded is sys.modules["shop.web"].application


def test_without_any_setting_the_flask_app_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APP", raising=False)

    assert type(load_app()).__name__ == "Flask"


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("shop", "APP is 'shop'; expected package.module:callable, for example app:create_app()"),
        ("shop.web:", "APP is 'shop.web:'; expected package.module:callable, for example app:create_app()"),
        (":create()", "APP is ':create()'; expected package.module:callable, for example app:create_app()"),
        ("shop web:x", "APP is 'shop web:x'; expected package.module:callable, for example app:create_app()"),
        (
            "shop.web:f(1)",
            "APP is 'shop.web:f(1)'; expected package.module:callable, for example app:create_app()",
        ),
        ("shopp.web:create()", "APP is 'shopp.web:create()', but there is no module 'shopp'"),
        ("shop.wb:create()", "APP is 'shop.wb:create()', but there is no module 'shop.wb'"),
        (
            "shop.web:creat()",
            (
                "APP is 'shop.web:creat()', but there is no 'creat' in shop.web (FOLDER/shop/web.py); "
                "there is application"
            ),
        ),
        ("shop:app", "APP is 'shop:app', but there is no 'app' in shop (FOLDER/shop/__init__.py)"),
        ("shop.web:number", "APP is 'shop.web:number', but number is of type int, which cannot be called"),
        ("shop.web:empty()", "APP is 'shop.web:empty()', but empty() gave NoneType, which is no application"),
        (
            "shop.web:create",
            "APP is 'shop.web:create', but create takes no request; a factory is named shop.web:create()",
        ),
        (
            "shop.web:configured",
            "APP is 'shop.web:configured', but configured takes no request; a factory is named shop.web:configured()",
        ),
        (
            "shop.web:nested()",
            "APP is 'shop.web:nested()', but nested() gave function, which takes no request",
        ),
    ],
)
def test_what_names_no_application_says_what_is_wrong(
    shop: str, tmp_path: Path, spec: str, error: str
) -> None:
    with pytest.raises(SettingError) as raised:
        load_app(spec)

    assert str(raised.value).replace(str(tmp_path), "FOLDER") == error


def test_a_module_that_the_app_itself_lacks_is_the_apps_error(shop: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        load_app("shop.broken:application")
