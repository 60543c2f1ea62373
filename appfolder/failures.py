"""Turns the output of uv and pip, if they cannot install requirements, into a line with both sides or the way out."""

import re
import shutil
import sys

from appfolder.requirements.markers import allows

THIS = ".".join(map(str, sys.version_info[:3]))
# The exit status if the app needs another Python than this one.
OTHER_PYTHON = 3
IN_AN_IMAGE = "for an image:"

# Of a package from an index: current Python version (3.11.7) does not satisfy Python>=3.12 and you require django==6.1
_UV_PYTHON = re.compile(
    r"current Python version \([\d.]+\) does not satisfy Python([<>=!~,.\d]+) and (?:you require )?(\S+)"
)
# Of a package that is a file: alpha==1.0 requires Python >=3.12 and you require alpha==1.0
_UV_PACKAGE = re.compile(r"(\S+) requires Python ([<>=!~,.\d]+)")
_PIP_PACKAGE = re.compile(r"Package '([^']+)' requires a different Python: \S+ not in '([^']+)'")
_SAYS_ERROR = re.compile(r"(?i)error: ")
_NEEDS_MORE = re.compile(r"(?i)gcc|compil|pg_config|\.h: No such file|rustc|cargo|pkg-config")


class InstallError(Exception):
    """An environment cannot be made; the text names both sides, or pip's reason and the way out."""

    status = 1


class OtherPythonError(InstallError):
    """Another Python may be able to make the environment; the text says which."""

    status = OTHER_PYTHON


def final(what: str, said: str) -> InstallError | None:
    """The error, if pip need not be tried after uv's output; else None, because pip may have settings unknown to uv.

    what: the files whose requirements were to be installed.
    """
    reason = " ".join(said.partition("cause:")[2].split())
    if match := _UV_PYTHON.search(reason):
        return _other_python(what, match[2].rstrip(","), match[1])
    if (match := _UV_PACKAGE.search(reason)) and not allows(match[2], THIS):
        return _other_python(what, match[1], match[2])
    if "Git operation failed" in said:
        return _by_git(what, said)
    if built := re.search(r"Failed to (?:build|download and build) `([^`]+)`", said):
        printed = said.partition("[stderr]")[2].partition("\nhint:")[0].strip().splitlines()
        return _not_built(what, built[1], [line.strip() for line in printed if line.strip()], said)
    if "unsatisfiable" in reason and not re.search(
        r"not found|no versions? of|only .* available|downloaded|disabled", reason
    ):
        return InstallError(f"{what} cannot be installed: {reason}")
    return None


def of_pip(what: str, out: str, said: str) -> InstallError:
    """The error that pip's output means, without its lists of all versions that there are."""
    if match := _PIP_PACKAGE.search(said):
        return _other_python(what, match[1], match[2])
    if "git clone" in said or ("command 'git'" in said and shutil.which("git") is None):
        return _by_git(what, said)
    if conflict := re.search(r"The conflict is caused by:\n(.*?)\n\n", out, re.DOTALL):
        sides = " and ".join(line.strip() for line in conflict[1].splitlines())
        return InstallError(f"{what} cannot be installed: {sides}, which exclude each other")
    if "[end of output]" in said:
        printed = said.partition("[end of output]")[0].splitlines()
        # Of a wheel's build pip says the name, and the first error is the first name's. Before the builds, it is the
        # last package that pip has looked at.
        packages = re.findall(r"Failed building wheel for (\S+)", said)[:1] or re.findall(
            r"^(?:Collecting|Processing) (\S+)", out, re.MULTILINE
        )
        name = packages[-1].rpartition("/")[2].removesuffix(".tar.gz") if packages else "a package"
        return _not_built(what, name, [line.strip() for line in printed if line.strip()], said)
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [re.sub(r"^\s*ERROR:\s*", "", line) for line in lines if "ERROR:" in line]
    shown = [line for line in errors if not line.startswith("Ignored the following")] or lines[-3:]
    text = re.sub(r" \(from versions: [^)]*\)", "", "; ".join(dict.fromkeys(shown)))
    needed = sorted(set(re.findall(r"Requires-Python ([<>=!~,.\d]+)", said)))
    if needed and not any(allows(each, THIS) for each in needed):
        return OtherPythonError(
            f"{what} cannot be installed by Python {THIS}: {text}; other versions need Python {' or '.join(needed)}"
        )
    way_out = ""
    if "No matching distribution" in said:
        way_out = (
            '. Is it for another system or another Python (a marker such as ; sys_platform == "win32" says so), or can '
            "its index not be reached?"
        )
    return InstallError(f"{what} cannot be installed: {text}{way_out}")


def _by_git(what: str, said: str) -> InstallError:
    """The reason of git; there may be no git, as in the image without build_packages."""
    reasons = re.findall(r"fatal: (.*)", said)
    if reasons:
        return InstallError(f"{what} cannot be installed: git says {reasons[0].strip()}")
    return InstallError(
        f"{what} cannot be installed: it names a repository, and there is no git; install it, for the image by "
        'build_packages = ["git"] in app.toml'
    )


def _other_python(what: str, package: str, versions: str) -> OtherPythonError:
    return OtherPythonError(f"{what} cannot be installed by Python {THIS}: {package} needs Python {versions}")


def _not_built(what: str, package: str, printed: list[str], said: str) -> InstallError:
    """There is no wheel of a package, and its build failed."""
    way_out = (
        "take a release of it with a wheel, or a Python that has one (for the image: python in app.toml)"
    )
    if re.match(r"psycopg2(?!-binary)", package):
        way_out += ", or psycopg2-binary"
    if _NEEDS_MORE.search(said):
        way_out = (
            "install what that names, for the image as build_packages in app.toml (such as gcc and libpq-dev), or "
            f"{way_out}"
        )
    # Advice may follow the error.
    errors = [line for line in printed if _SAYS_ERROR.search(line)]
    last = (errors or printed or ["it said nothing"])[-1]
    return InstallError(
        f"{what} cannot be installed: there is no wheel of {package} for Python {THIS}, and building it ends with "
        f"{last!r}; {way_out}"
    )
