"""`python -m cost`: quiet about Ctrl-C from its first moment, before the heavy imports."""

import os
import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

    from cost.cli import main

    main()
