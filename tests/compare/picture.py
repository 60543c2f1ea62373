"""`python -m tests.compare.picture` measures the emulated platforms and saves the page as docs/report.png."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
WIDTH, HEIGHT = 1200, 1420


def main() -> None:
    """Measure, open the page, save the picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("install chromium to take the picture")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "compare", "run", "--quiet", "--results", f"{folder}/results"]
        subprocess.run(command, cwd=ROOT, check=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(f"file://{folder}/report.html")
            page.screenshot(path=ROOT / "docs" / "report.png")
            browser.close()


if __name__ == "__main__":
    argparse.ArgumentParser(description="Take docs/report.png anew, from a real run.").parse_args()
    main()
