"""`python -m cost`: Ctrl-C ends it without a traceback from its first moment, before the imports."""

import os
import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

    from cost.cli import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
