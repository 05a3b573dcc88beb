#include "CContentCoding.h"
