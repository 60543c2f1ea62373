"""The Pulumi CLI on a copy of the project, with its state in a folder and the fake cloud as its providers."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
# What a deployment reads of the project.
PARTS = (
    *(
        "Pulumi.yaml",
        "Pulumi.aws.yaml",
        "Pulumi.gcp.yaml",
        "Pulumi.apprunner.yaml",
        "Pulumi.ecs.yaml",
        "__main__.py",
        "requirements.txt",
    ),
    *("Dockerfile", ".dockerignore", "app.toml", "usererror.py"),
    *("app", "appfolder", "serve", "stacks", "platforms", "requirements"),
)
# Before each program, Pulumi asks pip for its version and for all packages; pip itself takes two seconds to answer.
PIP = """
import json, sys
from importlib.metadata import distributions
packages = [{"name": of.name, "version": of.version} for of in distributions()]
print(json.dumps(packages) if "list" in sys.argv else "pip 26.0 from here (python 3)")
"""
PATIENCE = 300  # seconds that one command may take on a loaded machine


def copy_project(folder: Path, *more: str, environment: bool = True) -> None:
    """Copy what a deployment reads, and `more` of the project, into `folder`, with a virtual environment if asked."""
    for part in (*PARTS, *more):
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    if environment:
        add_environment(folder)


def add_environment(folder: Path) -> None:
    """A virtual environment that sees what this interpreter has installed, so that nothing is installed again."""
    venv.create(folder / ".venv-pulumi", clear=True)
    (site_packages,) = (folder / ".venv-pulumi").glob("lib/python*/site-packages")
    (site_packages / "shared.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    (site_packages / "pip").mkdir()
    (site_packages / "pip" / "__main__.py").write_text(PIP, encoding="utf-8")


@dataclass
class Stack:
    """One stack of a copied project; every method runs a command to its end."""

    folder: Path
    home: Path
    name: str
    providers: str

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        """Run `pulumi ARGUMENTS`, give what it printed, and check that it fails or does not."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"pulumi {' '.join(arguments)}: {done.returncode}\n{printed}"
        return printed

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `pulumi ARGUMENTS` in a group of processes of its own, to be ended by whoever asks for it."""
        return subprocess.Popen(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            process_group=0,
        )

    def up(self, *options: str, fails: bool = False) -> str:
        """Deploy without a preview first."""
        return self("up", "--yes", "--skip-preview", *options, fails=fails)

    def set(self, **settings: object) -> None:
        """Set several keys of the configuration."""
        pairs = [f"--plaintext={key.replace('__', ':')}={_text(value)}" for key, value in settings.items()]
        self("config", "set-all", *pairs)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        outputs: dict[str, Any] = json.loads(self("stack", "output", "--json"))
        return outputs

    def change_app(self, text: str) -> None:
        """Change the app's code, which makes another image."""
        with (self.folder / "app" / "__init__.py").open("a", encoding="utf-8") as source:
            source.write(f"# {text}\n")

    def environment(self) -> dict[str, str]:
        """What a command runs with: this machine's variables, but for those of clouds and of Pulumi."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "GOOGLE_", "PULUMI_"))
        }
        return {
            **kept,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{self.home}",
            "PULUMI_HOME": str(self.home),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_OPTION_SKIP_PLUGIN_PRE_INSTALL": "true",
            "PULUMI_DEBUG_PROVIDERS": self.providers,
            "PYTHONDONTWRITEBYTECODE": "",
        }


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
