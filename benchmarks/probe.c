/* What the probe is measured against: a server that answers after a known delay, and a client with nothing in it.
 *
 *   probe server MILLISECONDS PORTS   listens on so many ports of 127.0.0.1, prints them, serves until it is ended
 *   probe client PORT kept|fresh N    sends N requests, prints the microseconds of each
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static long delay_ns;

static void no_nagle(int socket) {
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void *serve_one(void *argument) {
    int connection = (int)(long)argument;
    char buffer[65536];
    prctl(PR_SET_TIMERSLACK, 1); /* wake up when asked to, not up to 50 us later */
    no_nagle(connection);
    for (size_t have = 0;;) {
        ssize_t got = recv(connection, buffer + have, sizeof buffer - have, 0);
        if (got <= 0) break;
        have += got;
        if (have < 4 || memcmp(buffer + have - 4, "\r\n\r\n", 4)) continue;
        have = 0;
        if (delay_ns) {
            struct timespec until;
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_nsec += delay_ns;
            until.tv_sec += until.tv_nsec / 1000000000;
            until.tv_nsec %= 1000000000;
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        }
        if (send(connection, answer, sizeof answer - 1, 0) < 0) break;
    }
    close(connection);
    return NULL;
}

static void *listen_on(void *argument) {
    for (;;) {
        int connection = accept((int)(long)argument, NULL, NULL);
        pthread_t thread;
        if (connection < 0) continue;
        if (pthread_create(&thread, NULL, serve_one, (void *)(long)connection)) close(connection);
        else pthread_detach(thread);
    }
    return NULL;
}

static int server(double milliseconds, int ports) {
    delay_ns = (long)(milliseconds * 1e6);
    signal(SIGPIPE, SIG_IGN);
    for (int n = 0; n < ports; n++) {
        int listening = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof address;
        pthread_t thread;
        if (bind(listening, (struct sockaddr *)&address, size) || listen(listening, 512)) return 1;
        getsockname(listening, (struct sockaddr *)&address, &size);
        printf("%d\n", ntohs(address.sin_port));
        pthread_create(&thread, NULL, listen_on, (void *)(long)listening);
    }
    fflush(stdout);
    pause();
    return 0;
}

static int connected(int port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address)) exit(1);
    no_nagle(connection);
    return connection;
}

static int client(int port, int kept, int requests) {
    int connection = kept ? connected(port) : -1;
    char buffer[4096];
    for (int n = 0; n < requests; n++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        if (!kept) connection = connected(port);
        if (send(connection, request, sizeof request - 1, 0) < 0) return 1;
        for (size_t have = 0; have < sizeof answer - 1;) {
            ssize_t got = recv(connection, buffer, sizeof buffer, 0);
            if (got <= 0) return 1;
            have += got;
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        if (!kept) close(connection);
        printf("%.3f\n", (end.tv_sec - begin.tv_sec) * 1e6 + (end.tv_nsec - begin.tv_nsec) / 1e3);
    }
    return 0;
}

int main(int count, char **words) {
    if (count == 4 && !strcmp(words[1], "server")) return server(atof(words[2]), atoi(words[3]));
    if (count == 5 && !strcmp(words[1], "client")) return client(atoi(words[2]), words[3][0] == 'k', atoi(words[4]));
    fputs("usage: probe server MILLISECONDS PORTS | probe client PORT kept|fresh N\n", stderr);
    return 2;
}
