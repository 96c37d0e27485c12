#ifndef ENCODE_VECTOR_TEST_H
#define ENCODE_VECTOR_TEST_H

#include "trace/span.h"

/* The span and the resource of otlp 15, for the tests of all encoders. */

static inline struct resource
vector_resource(struct arena *a)
{
	struct resource r = {.scope_name = STR_INIT("t"), .scope_version = STR_INIT("1")};

	attribute_text(a, &r.attributes, STR("service.name"), STR("demo"));
	return r;
}

static inline struct span *
vector_span(struct arena *a)
{
	struct span *s = ARENA_NEW(a, struct span);
	struct span_event *event = ARENA_PUSH(a, &s->events);
	struct attribute *number;

	memcpy(s->trace_id, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", TRACE_ID_LEN);
	memcpy(s->span_id, "\x11\x12\x13\x14\x15\x16\x17\x18", SPAN_ID_LEN);
	memcpy(s->parent_id, "\x21\x22\x23\x24\x25\x26\x27\x28", SPAN_ID_LEN);
	s->name = STR("chat m");
	s->kind = SPAN_CLIENT;
	s->start_ns = UINT64_C(1700000000000000000);
	s->end_ns = UINT64_C(1700000001500000000);
	attribute_text(a, &s->attributes, STR("s"), STR("a"));
	attribute_bool(a, &s->attributes, STR("b"), false);
	number = ARENA_PUSH(a, &s->attributes);
	number->key = STR("i");
	number->value = (struct value){.type = VALUE_INT, .integer = -1};
	number = ARENA_PUSH(a, &s->attributes);
	number->key = STR("d");
	number->value = (struct value){.type = VALUE_DOUBLE, .number = 0.5};
	attribute_texts(a, &s->attributes, STR("a"), (const struct str[]){STR("x"), STR("")}, 2);
	event->time_ns = UINT64_C(1700000001000000000);
	event->name = STR("e");
	s->status = STATUS_ERROR;
	s->status_message = STR("boom");
	return s;
}

#endif
