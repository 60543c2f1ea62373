// Loaded before libc: SIGTERM comes just as a process gives its own handler of it up, which is a window of some 100 ns.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>

int sigaction(int number, const struct sigaction *new, struct sigaction *old) {
    int (*real)(int, const struct sigaction *, struct sigaction *) = dlsym(RTLD_NEXT, "sigaction");
    struct sigaction before;
    if (number == SIGTERM && new && new->sa_handler == SIG_DFL && real(number, 0, &before) == 0 &&
        before.sa_handler != SIG_DFL)
        raise(SIGTERM);
    return real(number, new, old);
}
