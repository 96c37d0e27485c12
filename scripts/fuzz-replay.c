/* The main of a fuzz door without libFuzzer: each file named is one input, in a
 * block of exactly its size, so that the sanitizers see a read past its end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;
	int ok = 0;

	if (file == NULL) {
		perror(path);
		return 0;
	}
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 &&
	    fseek(file, 0, SEEK_SET) == 0 && (data = malloc(size > 0 ? (size_t)size : 1)) != NULL) {
		ok = fread(data, 1, (size_t)size, file) == (size_t)size;
		if (ok)
			LLVMFuzzerTestOneInput(data, (size_t)size);
		free(data);
	}
	if (!ok)
		perror(path);
	fclose(file);
	return ok;
}

int
main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	for (int i = 1; i < argc; i++) {
		/* Before the input, so that a crash is the fault of the last one named. */
		puts(argv[i]);
		fflush(stdout);
		if (!replay(argv[i]))
			status = EXIT_FAILURE;
	}
	return status;
}
