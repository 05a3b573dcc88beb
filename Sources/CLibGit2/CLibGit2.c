#include "CLibGit2.h"
