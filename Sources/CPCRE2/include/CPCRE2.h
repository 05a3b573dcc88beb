// PCRE2 with eight-bit code units; Debian's libpcre2-dev.
#ifndef GRANTCTL_CPCRE2_H
#define GRANTCTL_CPCRE2_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#endif
