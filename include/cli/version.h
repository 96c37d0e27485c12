#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include <stdio.h>

#include "base/str.h"

struct str version_text(void); /* "0.1.0" */
void version_print(FILE *out); /* with those of the libraries */

#endif
