"""`python -m benchmarks [NAME...]`: the benchmarks of these names, or all of them."""

import importlib
import sys

NAMES = {
    "door": "the Lambda door's time per event, beside a direct WSGI call and other adapters",
    "start": "cold start of Lambda mode and of gunicorn mode, beside the same app without our work",
    "roundtrip": "warm round trips through a Runtime API, and streams, beside gunicorn mode and AWS's adapter",
    "restore": "our code after a restore, emulated, beside a whole start; not AWS's restore",
    "first": "the first request of each kind, which must not pay for what the start saved",
    "throttled": "cold start of Lambda mode with the CPU that 512 MB of Lambda have",
    "gunicorn": "requests a second in gunicorn mode, beside gunicorn alone",
    "image": "the image's size by layer",
    "probe": "what the probe adds to a measured latency",
    "simulate": "the simulation of a service's instances",
    "logs": "reading logs, beside a loop that does the least",
}


def main(arguments: list[str]) -> int:
    """Run them; 2 if a name is unknown. `--help` lists them."""
    lines = [
        "usage: python -m benchmarks [NAME...]",
        "",
        *(f"  {name:10} {what}" for name, what in NAMES.items()),
    ]
    helps = {"-h", "--help"}
    if unknown := [name for name in arguments if name not in NAMES.keys() | helps]:
        print("\n".join([f"there is no benchmark {', '.join(unknown)}", *lines]), file=sys.stderr)
        return 2
    if not helps.isdisjoint(arguments):
        print("\n".join(lines))
        return 0
    for name in arguments or NAMES:
        print(f"\n== {name}: {NAMES[name]}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
