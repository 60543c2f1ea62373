"""`python -m trial`: quiet about Ctrl-C from its first moment, before the heavy imports."""

import os
import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))

    from trial.cli import main

    main()
