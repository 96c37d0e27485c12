#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
a_uuid_is_given_back_as_it_was(void **state)
{
	const struct str uuid = STR("01234567-89ab-4def-b123-456789abcdef");
	uint64_t words[2];
	char text[UUID_LEN];

	(void)state;
	assert_true(uuid_pack(uuid, words));
	assert_true(words[0] == UINT64_C(0x0123456789ab4def));
	assert_true(words[1] == UINT64_C(0xb123456789abcdef));
	uuid_spell(words, text);
	assert_true(str_eq((struct str){text, sizeof text}, uuid));
}

static void
what_would_not_come_back_is_refused(void **state)
{
	static const struct str others[] = {
	    STR_INIT(""),
	    STR_INIT("01234567-89ab-4def-8123-456789abcde"),
	    STR_INIT("01234567-89ab-4def-8123-456789abcdef0"),
	    STR_INIT("01234567-89ab-4def-8123-456789abcdeF"),
	    STR_INIT("01234567-89ab-4def-8123-456789abcdeg"),
	    STR_INIT("0123456789ab--4def-8123-456789abcdef"),
	    STR_INIT("01234567-89ab-4def-8123-456789abcde\0"),
	    /* the other variants */
	    STR_INIT("01234567-89ab-4def-7123-456789abcdef"),
	    STR_INIT("01234567-89ab-4def-c123-456789abcdef"),
	};
	uint64_t words[2];

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(uuid_pack(others[i], words));
}

static void
every_byte_is_a_digit_or_not_in_every_place(void **state)
{
	static const char digits[] = "0123456789abcdef";

	(void)state;
	for (size_t place = 0; place < UUID_LEN; place++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			char text[UUID_LEN], back[UUID_LEN];
			uint64_t words[2];
			bool good = byte != 0 && strchr(digits, (int)byte) != NULL;

			memcpy(text, "01234567-89ab-4def-8123-456789abcdef", sizeof text);
			if (text[place] == '-')
				good = byte == '-';
			else if (place == 19)
				good = byte == '8' || byte == '9' || byte == 'a' || byte == 'b';
			text[place] = (char)byte;
			assert_int_equal(uuid_pack((struct str){text, sizeof text}, words), good);
			if (good) {
				uuid_spell(words, back);
				assert_memory_equal(back, text, sizeof text);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_uuid_is_given_back_as_it_was),
	    cmocka_unit_test(every_byte_is_a_digit_or_not_in_every_place),
	    cmocka_unit_test(what_would_not_come_back_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
