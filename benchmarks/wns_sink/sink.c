/* A TLS server in place of WNS that answers every request as delivered: sink CERTIFICATE KEY DELAY_MS
 *
 * One thread, epoll and OpenSSL, because nothing that it answers may wait for it. It prints its port.
 * A connection may begin with CONNECT: the server is then the proxy as well, so that a client that
 * refuses private addresses can reach it. Requests have a Content-Length, as WNS demands.
 *
 * The functions of OpenSSL 3 are declared here, so that its headers need not be installed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
const void *TLS_server_method(void);
SSL_CTX *SSL_CTX_new(const void *method);
int SSL_CTX_use_certificate_chain_file(SSL_CTX *context, const char *file);
int SSL_CTX_use_PrivateKey_file(SSL_CTX *context, const char *file, int type);
SSL *SSL_new(SSL_CTX *context);
void SSL_free(SSL *tls);
int SSL_set_fd(SSL *tls, int socket);
int SSL_accept(SSL *tls);
int SSL_read(SSL *tls, void *buffer, int size);
int SSL_write(SSL *tls, const void *buffer, int size);
int SSL_get_error(const SSL *tls, int result);
void ERR_clear_error(void);

enum { SPACE = 65536, MAX_SOCKETS = 65536, EVENTS = 256, PEM = 1, WANT_READ = 2 };
enum state { FIRST, HANDSHAKE, OPEN };

struct connection {
    int socket;
    enum state state;
    SSL *tls;
    int filled;
    int waiting;                /* answers that are yet to be written */
    struct connection *next;    /* with an answer due */
    double due;
    char data[SPACE + 1];
};

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-WNS-MSG-ID: 5C1A3F0D7B9E2468\r\n"
    "X-WNS-DEBUG-TRACE: BN3WNS2011538\r\nX-WNS-STATUS: received\r\n"
    "X-WNS-NOTIFICATIONSTATUS: received\r\nX-WNS-DEVICECONNECTIONSTATUS: connected\r\n"
    "MS-CV: 4yaJPHDPOEyDBzOr.0\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    "Date: Thu, 26 Nov 2026 12:00:00 GMT\r\n\r\n";
static const char CONNECTED[] = "HTTP/1.1 200 Connection established\r\n\r\n";

static SSL_CTX *context;
static struct connection *connections[MAX_SOCKETS];
static struct connection *first_due, **last_due = &first_due;
static double delay_s;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void end(struct connection *c) {
    for (struct connection **at = &first_due; *at; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            if (last_due == &c->next) last_due = at;
            break;
        }
    if (c->tls) SSL_free(c->tls);
    close(c->socket);
    connections[c->socket] = NULL;
    free(c);
}

/* The length of a request's first message if it is complete, 0 if not. */
static int message_length(struct connection *c) {
    c->data[c->filled] = 0;
    char *head_end = strstr(c->data, "\r\n\r\n");
    if (!head_end) return 0;
    int head = (int)(head_end + 4 - c->data), body = 0;
    char *length = strcasestr(c->data, "\r\ncontent-length:");
    if (length && length < head_end) body = atoi(length + 17);
    return head + body <= c->filled ? head + body : 0;
}

static void drop(struct connection *c, int length) {
    c->filled -= length;
    memmove(c->data, c->data + length, c->filled);
}

static int answer(struct connection *c) {
    for (; c->waiting; c->waiting--)
        if (SSL_write(c->tls, ANSWER, sizeof ANSWER - 1) <= 0) return 0;
    return 1;
}

static int read_requests(struct connection *c) {
    for (;;) {
        ERR_clear_error();
        int got = SSL_read(c->tls, c->data + c->filled, SPACE - c->filled);
        if (got <= 0) return SSL_get_error(c->tls, got) == WANT_READ;
        c->filled += got;
        for (int length; (length = message_length(c)); drop(c, length)) c->waiting++;
        if (c->filled == SPACE) return 0;
        if (!c->waiting) continue;
        if (delay_s == 0) {
            if (!answer(c)) return 0;
        } else if (!c->due) {
            c->due = now() + delay_s;
            c->next = NULL;
            *last_due = c;
            last_due = &c->next;
        }
    }
}

static int advance(struct connection *c) {
    if (c->state == FIRST) {
        int got = recv(c->socket, c->data, SPACE, MSG_PEEK);
        if (got <= 0) return got < 0 && errno == EAGAIN;
        if (c->data[0] == 'C') {
            c->filled = got;
            int length = message_length(c);
            if (!length) return 1;
            c->filled = 0;
            if (recv(c->socket, c->data, length, 0) != length) return 0;
            return send(c->socket, CONNECTED, sizeof CONNECTED - 1, 0) > 0;
        }
        c->tls = SSL_new(context);
        SSL_set_fd(c->tls, c->socket);
        c->state = HANDSHAKE;
    }
    if (c->state == HANDSHAKE) {
        ERR_clear_error();
        int done = SSL_accept(c->tls);
        if (done <= 0) return SSL_get_error(c->tls, done) == WANT_READ;
        c->state = OPEN;
    }
    return read_requests(c);
}

static void accept_all(int listener, int poll) {
    for (int s; (s = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        int yes = 1;
        struct connection *c = s < MAX_SOCKETS ? calloc(1, sizeof *c) : NULL;
        if (!c) { close(s); continue; }
        setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        c->socket = s;
        connections[s] = c;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = s};
        epoll_ctl(poll, EPOLL_CTL_ADD, s, &event);
    }
}

static int answer_due(void) {
    while (first_due) {
        struct connection *c = first_due;
        double wait_s = c->due - now();
        if (wait_s > 0) return (int)(wait_s * 1000) + 1;
        first_due = c->next;
        if (!first_due) last_due = &first_due;
        c->due = 0;
        if (!answer(c)) end(c);
    }
    return -1;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    delay_s = atof(argv[3]) / 1000;
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, argv[1]) != 1) return 3;
    if (SSL_CTX_use_PrivateKey_file(context, argv[2], PEM) != 1) return 3;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) return 4;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, answer_due());
        for (int i = 0; i < ready; i++) {
            struct connection *c = connections[events[i].data.fd];
            if (events[i].data.fd == listener) accept_all(listener, poll);
            else if (c && !advance(c)) end(c);
        }
    }
}
