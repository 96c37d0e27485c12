#include "cli/arrival.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define USER(prompt) "{\"type\":\"user\",\"promptId\":\"" prompt "\"}\n"
#define META(prompt) "{\"type\":\"user\",\"isMeta\":true,\"promptId\":\"" prompt "\"}\n"
#define SAYS(text)                                                                                 \
	"{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"" text    \
	"\"}]}}\n"
#define USES "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\"}]}}\n"
#define HOOKS "{\"type\":\"system\",\"subtype\":\"stop_hook_summary\"}\n"
#define ENDS "{\"type\":\"system\",\"subtype\":\"turn_duration\"}\n"

/* What is said of a file that does not change. Waiting in vain takes its time, so few cases do. */
static enum arrival
arrival_of(const char *text, bool to_end)
{
	char name[] = "/tmp/retrospan-arrival-XXXXXX";
	struct source source = {.path = str_of(name),
	                        .dir = STR("/tmp"),
	                        .name = str_skip(str_of(name), 5),
	                        .size = strlen(text),
	                        .fd = -1};
	struct event e = {
	    .transcript = &source, .prompt = STR("p2"), .last_message = STR("One.\n\nTwo.")};
	int fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	enum arrival found = arrival_wait(&e, to_end);
	unlink(name);
	return found;
}

static void
the_last_message_is_enough_or_the_end_of_the_turn(void **state)
{
	(void)state;
	assert_int_equal(arrival_of(USER("p2") SAYS("One.") SAYS("Two."), false), ARRIVAL_THERE);
	assert_int_equal(arrival_of(USER("p2") SAYS("Two.") HOOKS ENDS, true), ARRIVAL_THERE);
	assert_int_equal(arrival_of(USER("p2") SAYS("Two.") HOOKS, true), ARRIVAL_THERE);
	assert_int_equal(arrival_of("no JSON\n" SAYS("Two."), false), ARRIVAL_THERE);
}

static void
the_same_words_of_another_turn_do_not_count(void **state)
{
	(void)state;
	assert_int_equal(arrival_of(USER("p1") SAYS("Two.") ENDS USER("p2"), false),
	                 ARRIVAL_MISSING);
	assert_int_equal(arrival_of(USER("p2") SAYS("Two.") USES USER("p2"), false),
	                 ARRIVAL_MISSING);
}

static void
the_next_prompt_ends_the_waiting(void **state)
{
	(void)state;
	assert_int_equal(arrival_of(USER("p2") SAYS("Two.") USER("p3") SAYS("Three."), true),
	                 ARRIVAL_THERE);
}

static void
a_turn_that_a_hook_sent_on_goes_on(void **state)
{
	(void)state;
	assert_int_equal(arrival_of(USER("p2") SAYS("Two.") META("p2") HOOKS, true),
	                 ARRIVAL_GOES_ON);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_message_is_enough_or_the_end_of_the_turn),
	    cmocka_unit_test(the_same_words_of_another_turn_do_not_count),
	    cmocka_unit_test(the_next_prompt_ends_the_waiting),
	    cmocka_unit_test(a_turn_that_a_hook_sent_on_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
