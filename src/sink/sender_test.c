#include "sink/sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A server that gives one status after the other, and closes. */
struct server {
	int socket;
	unsigned port;
	const unsigned *statuses; /* ended by 0 */
	pthread_t thread;
};

struct fates {
	struct buf said; /* "delivered abc 3 0;" for each batch: its items, and how many are lost */
};

struct
try {
	struct arena arena;
	struct diag diag;
	struct server server;
	struct fates fates;
	struct endpoint endpoint;
	struct sender_tally tally;
};

/* The clock stands still between calls; the longest wait is 0. */
static uint64_t
no_time(void)
{
	return 1;
}

static void
answer(int connection, unsigned status)
{
	char bytes[4096];
	size_t len = 0, wanted = SIZE_MAX;
	while (len < wanted) {
		ssize_t got = recv(connection, bytes + len, sizeof bytes - len, 0);
		if (got <= 0)
			return;
		len += (size_t)got;
		struct str all = {bytes, len}, length;
		size_t end = str_find(all, STR("\r\n\r\n"));
		uint64_t body = 0;
		if (end != STR_NONE &&
		    str_between(all, STR("Content-Length: "), STR("\r"), &length) &&
		    str_to_u64(length, &body))
			wanted = end + 4 + (size_t)body;
	}
	int size = snprintf(bytes, sizeof bytes,
	                    "HTTP/1.1 %u X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	                    status);
	(void)send(connection, bytes, (size_t)size, MSG_NOSIGNAL);
}

static void *
serve(void *ctx)
{
	struct server *s = ctx;
	for (const unsigned *status = s->statuses; *status != 0; status++) {
		int connection = accept(s->socket, NULL, NULL);
		if (connection < 0)
			break;
		answer(connection, *status);
		close(connection);
	}
	return NULL;
}

static int
set_up(void **state)
{
	struct try *t = calloc(1, sizeof *t);
	struct sockaddr_in here = {.sin_family = AF_INET};
	socklen_t len = sizeof here;
	if (t == NULL)
		return 1;
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	t->diag.arena = &t->arena;
	t->server.socket = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(t->server.socket, (const struct sockaddr *)&here, sizeof here) != 0 ||
	    listen(t->server.socket, 16) != 0 ||
	    getsockname(t->server.socket, (struct sockaddr *)&here, &len) != 0)
		return 1;
	t->server.port = ntohs(here.sin_port);
	/* Whatever proxy there is, it is not for us. */
	(void)setenv("no_proxy", "*", 1);
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct try *t = *state;
	close(t->server.socket);
	buf_free(&t->fates.said);
	arena_free(&t->arena);
	free(t);
	return 0;
}

static void
settled(void *ctx, const struct parcel *p, enum fate fate, struct str batch, size_t items,
        size_t lost)
{
	static const char *const names[] = {"delivered", "rejected", "barred", "undelivered"};
	struct fates *f = ctx;
	assert_true(parcel_len(p) >= items);
	buf_printf(&f->said, "%s %.*s %zu %zu;", names[fate], STR_ARG(batch), items, lost);
}

static void
join(const void *ctx, const struct str *items, size_t count, struct buf *out)
{
	(void)ctx;
	for (size_t i = 0; i < count; i++)
		buf_add(out, items[i]);
}

/* Sends each word as a parcel whose items are its letters; '+' gives the letter before it a
 * spare form. What was said of the batches is in t->fates.said. */
static bool
send_words(struct try *t, const unsigned *statuses, const char *const *words)
{
	const char *why;
	t->server.statuses = statuses;
	t->endpoint = (struct endpoint){.protocol = protocol_find(STR("http/protobuf")),
	                                .timeout_ms = 10000};
	assert_true(endpoint_set_url(&t->arena, &t->endpoint,
	                             arena_printf(&t->arena, "http://127.0.0.1:%u", t->server.port),
	                             ENDPOINT_BASE, STR("v1/traces"), false, &why));
	struct sender_options options = {.endpoint = &t->endpoint,
	                                 .retry = {.attempts = 3},
	                                 .now_ns = no_time,
	                                 .chance = no_time,
	                                 .settled = settled,
	                                 .ctx = &t->fates};
	assert_int_equal(pthread_create(&t->server.thread, NULL, serve, &t->server), 0);
	struct sender *s = sender_open(&options, &t->diag);
	assert_non_null(s);
	for (; *words != NULL; words++) {
		struct parcel *p = sender_parcel(s);
		p->join = join;
		for (const char *at = *words; *at != '\0'; at++)
			if (*at != '+')
				parcel_add(p, (struct str){at, 1},
				           at[1] == '+' ? STR("~") : (struct str){0});
		(void)sender_send(s, p, &t->diag);
	}
	bool ok = sender_close(s, &t->tally, &t->diag);
	(void)pthread_join(t->server.thread, NULL);
	return ok;
}

#define SEND(t, statuses, ...)                                                                     \
	send_words((t), (const unsigned[])statuses, (const char *const[]){__VA_ARGS__, NULL})
#define LIST(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__, 0                                                                     \
	}
#define assert_fates(t, expected) assert_true(str_eq(buf_str(&(t)->fates.said), STR(expected)))

static void
each_batch_is_settled_once(void **state)
{
	struct try *t = *state;
	assert_false(SEND(t, LIST(200, 400, 200), "abc", "de", "f"));
	assert_fates(t, "delivered abc 3 0;rejected de 2 2;delivered f 1 0;");
	assert_int_equal(t->tally.delivered, 4);
	assert_int_equal(t->tally.rejected, 2);
	assert_int_equal(t->tally.requests, 3);
	assert_int_equal(t->tally.bytes, 6);
	assert_int_equal(t->diag.failures, 1);
}

static void
what_is_too_large_is_settled_in_its_pieces(void **state)
{
	struct try *t = *state;
	assert_true(SEND(t, LIST(413, 200, 413, 200, 200), "abcd"));
	assert_fates(t, "delivered ab 2 0;delivered c 1 0;delivered d 1 0;");
	assert_int_equal(t->tally.requests, 5);
	assert_int_equal(t->diag.failures, 0);
}

static void
one_item_that_is_too_large_goes_in_its_spare_form_if_it_has_one(void **state)
{
	struct try *t = *state;
	assert_false(SEND(t, LIST(413, 413, 200, 413), "a+b"));
	assert_fates(t, "delivered ~ 1 0;rejected b 1 1;");
	assert_int_equal(t->diag.failures, 1);
}

static void
what_was_given_up_and_what_came_after_it_is_undelivered(void **state)
{
	struct try *t = *state;
	assert_false(SEND(t, LIST(200, 503, 502, 429), "ab", "cd", "e"));
	assert_fates(t, "delivered ab 2 0;undelivered cd 2 2;undelivered e 1 1;");
	assert_int_equal(t->tally.undelivered, 3);
	assert_int_equal(t->tally.requests, 4);
	assert_int_equal(t->diag.failures, 1);
}

static void
behind_a_closed_door_nothing_is_sent(void **state)
{
	struct try *t = *state;
	assert_false(SEND(t, LIST(401), "ab", "cd", "ef", "gh", "ij"));
	assert_fates(t, "barred ab 2 2;undelivered cd 2 2;undelivered ef 2 2;"
	                "undelivered gh 2 2;undelivered ij 2 2;");
	assert_int_equal(t->tally.requests, 1);
	assert_int_equal(t->diag.failures, 1);
}

static void
a_sender_without_parcels_asks_nobody(void **state)
{
	struct try *t = *state;
	t->server.statuses = (const unsigned[]){0};
	assert_true(SEND(t, LIST(0), NULL));
	assert_int_equal(t->tally.requests, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    TEST(each_batch_is_settled_once),
	    TEST(what_is_too_large_is_settled_in_its_pieces),
	    TEST(one_item_that_is_too_large_goes_in_its_spare_form_if_it_has_one),
	    TEST(what_was_given_up_and_what_came_after_it_is_undelivered),
	    TEST(behind_a_closed_door_nothing_is_sent),
	    TEST(a_sender_without_parcels_asks_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
